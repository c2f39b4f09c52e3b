import type { Actor } from '../../../output/actor.ts';
import type { Command } from '../../../system/command.ts';
import { MakesafeError, RefusedError, UnreachableError, messageOf } from '../../../errors.ts';
import { failed, passed, type Outcome } from '../../../output/check-result.ts';
import type { Terminal } from '../../../output/terminal.ts';
import type { Stopped } from '../../stack.ts';
import { composeCommand, composeFile } from '../config/config.ts';
import { engineEndpoint } from '../engine/endpoint.ts';
import { confirming } from './confirm.ts';
import {
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
import { findsData, lookWithout } from './look-without.ts';
import { lossOf, placeOf } from './place.ts';
import { situations, type About } from './situation.ts';
import { plan, type DatabaseContainer, type Surveyed } from './survey.ts';

interface KeepOptions extends About {
  readonly actor: Actor;
  readonly terminal: Terminal;
  /** Runs a compose command and shows its output. */
  readonly change: (command: Command) => Promise<unknown>;
}

/** Makes sure that removing, stopping or replacing containers does not lose the data of a database silently. */
export interface Keeper {
  /**
   * Checks that `up` keeps the data.
   *
   * @param build `up` will build images
   * @throws RefusedError when the new container would not have the data, with what to change
   */
  beforeUp(build: boolean): Promise<void>;
  /** @throws RefusedError when stopping the container would lose the data */
  beforeRestart(): Promise<void>;
  /** Runs `compose down`, or `compose stop` if the next start would not find the data again. @throws RefusedError */
  down(): Promise<Stopped>;
  /** The check result for `make check`: whether the next container finds the data. */
  look(): Promise<Outcome>;
  /** Whether a start now finds existing data. */
  findsData(): Promise<boolean>;
  /** Records where the data is, and warns if it would not survive. */
  afterUp(): Promise<void>;
  /** Removes the record, after the data was removed on purpose. */
  forget(): Promise<void>;
}

export function keeper(options: KeepOptions): Keeper {
  const { environment, engine, config, databaseService, actor, terminal, change } = options;
  const { project, entry, name: env } = environment;
  const record = lastSeenFile(environment.root, env);
  const { look, situationOf, hashes } = situations(options);
  const { stopOthers, confirmKept, confirmStopped } = confirming(options, record);
  const compose = (...args: string[]): Command => composeCommand(environment, ...args);

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

  /** Builds or pulls new images first, because the new container's mounts and data directory depend on its image. */
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
    if (situation.containers.length === 0) await refuseOldData(situation);
  }

  /** Without a container, only the record tells that there is data already. @throws RefusedError */
  async function refuseOldData(situation: Situation): Promise<void> {
    const seen = await readLastSeen(record, await engineEndpoint(entry));
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

  /** The container with data of the database service, or of a removed service: others belong to another service. */
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
      const seen = { time: new Date().toISOString(), engine: await engineEndpoint(entry), container };
      await writeLastSeen(record, seen);
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
      if (ours.length === 0) return lookWithout(situation, options, record, remedy);
      const lost = [...lostByStopping(situation), ...lostByRemoval(situation)];
      if (lost.length > 0) return failed(whyLost(lost[0]!), remedy(situation, lost[0]!).join('; '));
      const places = ours.map(({ data, mounts }) => `${whereIs(placeOf(data.real, mounts))}`);
      return passed(`${[...new Set(places)].join(', ')}: the next container finds it there`);
    },
    findsData: async () => findsData(await look(), options),
    afterUp,
    forget: () => forgetLastSeen(record),
  };

  /** In a dry run, ignores an unreachable engine, so that the dry run can still show the plan. */
  function unlessDry<A extends unknown[]>(
    check: (...args: A) => Promise<void>,
  ): (...args: A) => Promise<void> {
    return (...args) =>
      check(...args).catch((error: unknown) => {
        if (!(actor.dryRun && error instanceof UnreachableError)) throw error;
      });
  }
}
