import type { Actor } from '../../../act.ts';
import type { Command } from '../../../display.ts';
import type { Environment } from '../../../environment/resolve.ts';
import { FailedError, MakesafeError, RefusedError, UnreachableError, messageOf } from '../../../errors.ts';
import { failed, notLookedAt, passed, warning, type Outcome } from '../../../findings/finding.ts';
import type { Terminal } from '../../../terminal.ts';
import type { Stopped } from '../../stack.ts';
import { composeCommand, composeFile, inProject, type ComposeConfig } from '../config.ts';
import { PROJECT_LABEL, SERVICE_LABEL, type ListedContainer } from '../containers.ts';
import { must, type Docker } from '../docker.ts';
import { demand, type Engine } from '../engine.ts';
import { runCompose } from '../plugin.ts';
import {
  hasName,
  lostByRemoval,
  lostByReplacing,
  lostByStopping,
  remedyFor,
  whereIs,
  whyLost,
  type Endangered,
  type Situation,
} from './decide.ts';
import { forgetLastSeen, lastSeenFile, readLastSeen, writeLastSeen } from './last-seen.ts';
import { holdsData } from './look-inside.ts';
import { lossOf, placeOf } from './place.ts';
import { plan, planService, surveyContainers, type DatabaseContainer, type Surveyed } from './survey.ts';

export interface KeepOptions {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly databaseService: string;
  readonly actor: Actor;
  readonly terminal: Terminal;
  /** The data directory by the server's own word; undefined where it does not answer. */
  readonly told: () => Promise<string | undefined>;
  /** Runs a compose command, its output where the person sees it. */
  readonly change: (command: Command) => Promise<unknown>;
}

/** Stands before whatever removes, stops or replaces containers: the data of a database is not lost by it in silence. */
export interface Keeper {
  /**
   * @param build images are about to be built
   * @throws RefusedError when `up` would leave the data behind, with what to change
   */
  beforeUp(build: boolean): Promise<void>;
  /** @throws RefusedError when the data is gone once its container stops */
  beforeRestart(): Promise<void>;
  /** `compose down`, or `compose stop` where the data would not be found again. @throws RefusedError */
  down(): Promise<Stopped>;
  /** Whether the next container finds the data again. */
  look(): Promise<Outcome>;
  /** Keeps on record where the data is, and warns where it would not stay. */
  afterUp(): Promise<void>;
  /** What was on record is gone, and was meant to. */
  forget(): Promise<void>;
}

export function keeper(options: KeepOptions): Keeper {
  const { environment, engine, docker, config, databaseService, actor, terminal, told, change } = options;
  const { project, entry, name: env } = environment;
  const { ask } = engine;
  const record = lastSeenFile(environment.root, env);
  const compose = (...args: string[]): Command => composeCommand(environment, ...args);

  async function look(): Promise<Situation & Surveyed> {
    const surveyed = await surveyContainers(engine, { config, project, databaseService }, told());
    return situationOf(surveyed);
  }

  async function situationOf(surveyed: Surveyed): Promise<Situation & Surveyed> {
    const wanted = new Set([databaseService, ...surveyed.containers.map(({ service }) => service)]);
    const names = [...wanted].filter((service) => Object.hasOwn(config.services, service));
    const plans = names.map(async (name) => [name, await planService(ask, surveyed, name, project)] as const);
    // Compose is asked only where there is something that it does not tell by itself.
    const [services, disabled] = await Promise.all([
      Promise.all(plans),
      names.length < wanted.size ? allServices() : new Set<string>(),
    ]);
    return { ...surveyed, services: new Map(services), databaseService, disabled, hashes: new Map() };
  }

  /** Those behind a profile as well. */
  async function allServices(): Promise<Set<string>> {
    const { stdout } = await must(
      compose('--profile', '*', 'config', '--services'),
      inProject(environment),
      runCompose,
    );
    return new Set(stdout.split('\n').filter(Boolean));
  }

  async function hashes(): Promise<Map<string, string>> {
    const { stdout } = await must(compose('config', '--hash', '*'), inProject(environment), runCompose);
    return new Map(
      stdout.split('\n').flatMap((line) => {
        const [service, hash] = line.trim().split(/\s+/);
        return service && hash ? [[service, hash]] : [];
      }),
    );
  }

  const words = {
    file: composeFile(environment),
    keyOf: (volume: string) =>
      Object.entries(config.volumes ?? {}).find(([, { name }]) => name === volume)?.[0] ?? volume,
    command: (task: string, more = '') => `make ${task} ENV=${env}${more && ` ${more}`}`,
  };
  const remedy = (situation: Situation, lost: Endangered): string[] =>
    remedyFor(
      lost,
      situation.services.get(lost.container.service) ?? situation.services.get(databaseService),
      words,
    );

  function refusal(what: string, situation: Situation, lost: readonly Endangered[]): RefusedError {
    const why = lost.map(whyLost).join('\n');
    return new RefusedError(`refused; nothing was touched\n${what}: ${why}`, {
      hint: remedy(situation, lost[0]!).join('\n'),
    });
  }

  /** Images that are about to be other ones are made first: how a container is made depends on its image. */
  async function prepareImages({ containers, services }: Situation, build: boolean): Promise<boolean> {
    let changed = false;
    for (const [name, { imageId }] of services) {
      if (!containers.some(({ service }) => service === name)) continue;
      const { build: builds, pull_policy: policy } = config.services[name]!;
      const missing = imageId === undefined;
      const how = builds ? (build || missing) && 'build' : (missing || policy === 'always') && 'pull';
      if (!how) continue;
      await change(compose(how, name));
      changed = true;
    }
    return changed && !actor.dryRun;
  }

  async function beforeUp(build: boolean): Promise<void> {
    let situation = await look();
    if (await prepareImages(situation, build)) situation = await situationOf(situation);
    let lost = lostByReplacing(situation);
    if (lost.length > 0) {
      situation = { ...situation, hashes: await hashes() };
      lost = lostByReplacing(situation);
    }
    if (lost.length > 0) throw refusal('up would make the database’s container anew', situation, lost);
    if (situation.containers.length === 0) await refuseBesideOldData(situation);
  }

  /** Without a container only what was seen before tells that there is data already. */
  async function refuseBesideOldData(situation: Situation): Promise<void> {
    const seen = await readLastSeen(record);
    const service = situation.services.get(databaseService);
    if (!seen || !service) return;
    const { container, time } = seen;
    const loss = lossOf(container, plan(service, container, 'anew'));
    const place = placeOf(container.data.real, container.mounts);
    const there = await holdsData(engine, place, service.imageId, project);
    const when = time.slice(0, 16).replace('T', ' ');
    if (there === false)
      terminal.warn(
        `the data of ${env} was last seen in ${whereIs(place)} (${when} UTC), and is not there any more: the server starts without it`,
      );
    if (!loss || there === false) return;
    const why = whyLost({ container, loss });
    throw new RefusedError(
      `refused; nothing was touched\nthe server would be new and empty, and data is there already (seen ${when} UTC): ${why}`,
      {
        hint: [
          ...remedy(situation, { container, loss }),
          `or begin anew, without that data: ${words.command('db-reset-volume-env')}`,
        ].join('\n'),
      },
    );
  }

  async function beforeRestart(): Promise<void> {
    const situation = await look();
    const lost = lostByStopping(situation);
    if (lost.length > 0) throw refusal('the containers would be stopped', situation, lost);
  }

  async function down(): Promise<Stopped> {
    const situation = await look();
    const memory = lostByStopping(situation);
    if (memory.length > 0) throw refusal('the containers would be stopped', situation, memory);
    const lost = lostByRemoval(situation);
    if (lost.length > 0 && entry.protected) throw refusal('down would remove the container', situation, lost);
    const removes = lost.length === 0;
    if (!removes) {
      for (const one of lost) terminal.warn(whyLost(one));
      terminal.warn('so the containers are stopped, and not removed');
    }
    if (removes) await remember(situation);
    await change(removes ? compose('down', '--remove-orphans') : compose('stop'));
    if (actor.dryRun) return { found: '', advice: [] };
    const others = await stopOthers();
    const advice = removes ? [] : remedy(situation, lost[0]!);
    const found = removes ? await confirmKept(situation) : await confirmStopped(situation);
    return { found: [found, ...others].join('; '), advice };
  }

  /** What compose leaves: containers of services behind a profile, or of another compose file. Stopped means all of them. */
  async function stopOthers(): Promise<string[]> {
    const running = (await containersOf(project)).filter(
      ({ State }) => State === 'running' || State === 'restarting',
    );
    if (running.length === 0) return [];
    const names = running.map(
      ({ Names, Labels }) =>
        `${Names.join(',').replace(/^\//, '')} (${Labels?.[SERVICE_LABEL] ?? 'no service'})`,
    );
    await must(docker('stop', ...running.map(({ Id }) => Id)));
    const still = (await containersOf(project)).filter(({ State }) => State === 'running');
    if (still.length > 0)
      throw new FailedError(
        `${env} is not stopped: ${still.map(({ Names }) => Names.join(',')).join(', ')} runs`,
      );
    return [`stopped and kept, because compose leaves it: ${names.join(', ')}`];
  }

  const containersOf = (of: string): Promise<ListedContainer[]> =>
    demand<ListedContainer[]>(ask, '/containers/json', {
      all: true,
      filters: { label: [`${PROJECT_LABEL}=${of}`] },
    });

  /** @throws FailedError when the data is not where it was, now that its container is gone */
  async function confirmKept(situation: Situation): Promise<string> {
    const withData = situation.containers.filter(({ data }) => data.state === 'there');
    if (withData.length === 0) return foundWithout(situation);
    const places = withData.map(async ({ data, mounts, imageId }) => {
      const place = placeOf(data.real, mounts);
      const there = await holdsData(engine, place, imageId, project);
      if (there === undefined) return `${whereIs(place)}, as it was before: nobody could look`;
      if (!there)
        throw new FailedError(`${env} is stopped, and its data was not found in ${whereIs(place)}`, {
          hint: 'look for it before anything else is started',
        });
      return whereIs(place);
    });
    return `its data stays in ${[...new Set(await Promise.all(places))].join(' and in ')}`;
  }

  /** Where there was no container, or none with data. */
  async function foundWithout(situation: Situation): Promise<string> {
    const service = situation.services.get(databaseService);
    const seen = await readLastSeen(record);
    if (!seen) return 'there was no container with data, and nothing is known of data elsewhere';
    const { container } = seen;
    const place = placeOf(container.data.real, container.mounts);
    const there = await holdsData(engine, place, service?.imageId, project);
    if (there === undefined) return `its data was last in ${whereIs(place)}, and nobody could look there`;
    if (!there) return `its data was last in ${whereIs(place)}, and is not there`;
    const loss = service && lossOf(container, plan(service, container, 'anew'));
    return loss
      ? `its data is in ${whereIs(place)}, and the next up would not look there`
      : `its data stays in ${whereIs(place)}`;
  }

  /** @throws FailedError when one of the containers is gone */
  async function confirmStopped({ containers }: Situation): Promise<string> {
    const listed = new Set((await containersOf(project)).map(({ Id }) => Id));
    const gone = containers.filter(({ id }) => !listed.has(id));
    if (gone.length > 0)
      throw new FailedError(`${gone.map(({ name }) => name).join(', ')} is not there any more`);
    return 'its containers are kept, and the data with them';
  }

  /** The database service's container with data; another one's would be compared with the wrong service later. */
  const ofDatabase = ({ containers }: Surveyed): DatabaseContainer | undefined =>
    containers.find(({ service, data }) => service === databaseService && data.state === 'there') ??
    containers.find(
      ({ service, data }) => !Object.hasOwn(config.services, service) && data.state === 'there',
    );

  async function remember(surveyed: Surveyed): Promise<void> {
    if (actor.dryRun) return;
    const container = ofDatabase(surveyed);
    if (!container) return;
    try {
      await writeLastSeen(record, { time: new Date().toISOString(), container });
    } catch (error) {
      if (!(error instanceof MakesafeError)) throw error;
      terminal.warn(`where the data is could not be kept on record: ${messageOf(error)}`);
    }
  }

  async function afterUp(): Promise<void> {
    const situation = await look();
    await remember(situation);
    for (const lost of [...lostByStopping(situation), ...lostByRemoval(situation)].slice(0, 1))
      terminal.warn(`${whyLost(lost)}\n${remedy(situation, lost).join('\n')}`);
  }

  return {
    beforeUp: unlessDry(beforeUp),
    beforeRestart: unlessDry(beforeRestart),
    down,
    async look() {
      const situation = await look();
      const ours = situation.containers.filter(({ data }) => data.state !== 'none');
      if (ours.length === 0) return lookWithout(situation);
      const lost = [...lostByStopping(situation), ...lostByRemoval(situation)];
      if (lost.length > 0) return failed(whyLost(lost[0]!), remedy(situation, lost[0]!).join('; '));
      const places = ours.map(({ data, mounts }) => `${whereIs(placeOf(data.real, mounts))}`);
      return passed(`${[...new Set(places)].join(', ')}: the next container finds it there`);
    },
    afterUp,
    forget: () => forgetLastSeen(record),
  };

  /** In a dry run the plan is shown also where nobody can look. */
  function unlessDry<A extends unknown[]>(
    check: (...args: A) => Promise<void>,
  ): (...args: A) => Promise<void> {
    return (...args) =>
      check(...args).catch((error: unknown) => {
        if (!(actor.dryRun && error instanceof UnreachableError)) throw error;
      });
  }

  /** By the configuration alone, and what was seen before. */
  async function lookWithout(situation: Situation): Promise<Outcome> {
    const service = situation.services.get(databaseService);
    if (!service || service.imageId === undefined)
      return notLookedAt('there is no container yet, and the engine does not have its image');
    const seen = await readLastSeen(record);
    const loss = seen && lossOf(seen.container, plan(service, seen.container, 'anew'));
    if (
      loss &&
      (await holdsData(
        engine,
        placeOf(seen.container.data.real, seen.container.mounts),
        service.imageId,
        project,
      )) !== false
    ) {
      const lost = { container: seen.container, loss };
      return failed(whyLost(lost), remedy(situation, lost).join('; '));
    }
    const container: DatabaseContainer = {
      ...{ id: '', name: 'the next container', service: databaseService, running: false, mounts: [] },
      ...{ configured: service.directory, image: '', imageId: service.imageId, hash: undefined },
      data: {
        state: 'there',
        directory: service.directory,
        real: service.directory,
        links: [],
        elsewhere: [],
      },
    };
    const { mounts } = plan(service, container, 'anew');
    const place = placeOf(service.directory, mounts);
    if (hasName(place)) return passed(`${whereIs(place)}, once it is up`);
    const loss2 = {
      kind: 'moved',
      what: 'the data',
      path: service.directory,
      from: place,
      to: place,
    } as const;
    const [, write] = remedy(situation, { container, loss: loss2 });
    return warning(`${service.directory} would be in ${whereIs(place)}: it would not survive down`, write!);
  }
}
