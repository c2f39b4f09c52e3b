import { keyedDigest } from '../seal.ts';
import type { Environment } from '../../environment/resolve.ts';
import { UnreachableError } from '../../errors.ts';
import { lookAt } from '../../output/check-result.ts';
import { display } from '../../output/display.ts';
import type { Command } from '../../system/command.ts';
import type { Result, RunOptions } from '../../system/process.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { removeAbandoned } from './migrations/migration-container.ts';
import { migrations } from './migrations/migrations.ts';
import {
  composeCommand,
  frozenCommand,
  inProject,
  refuseUnknown,
  type ComposeConfig,
} from './config/config.ts';
import { anchorOf } from './storage/anchor.ts';
import { withSession } from './connection/connections.ts';
import { foreseeing, refuseOtherHost } from './start/before-up.ts';
import { forPerson } from './person.ts';
import { findContainer } from './containers/containers.ts';
import type { Container } from './containers/container.ts';
import { destroyPlan } from './removal/destroy.ts';
import { dockerOf, runOrThrow } from './engine/docker.ts';
import { dumping } from './dump/dump.ts';
import { readDeclared, readLogin } from './connection/login.ts';
import { once } from '../../system/memoise.ts';
import { lockEngine } from './engine/lock.ts';
import { openEngine } from './engine/engine.ts';
import { freeSpaceIn } from './engine/disk.ts';
import { readConfigTo } from './known.ts';
import { gatherPlan, type ComposePlan } from './removal/gather.ts';
import { holding } from './containers/hold-back.ts';
import { refuseBehindProfile } from './config/profiles.ts';
import { readPatients, serviceHealth } from './containers/health.ts';
import { runCompose } from './engine/plugin.ts';
import { runPsql } from './connection/psql.ts';
import { whileScripted } from '../postgres/programs.ts';
import { addressOf } from './connection/connect.ts';
import { textWithin } from './dump/restore.ts';
import { otherPasswordIn, takesPassword } from './connection/password.ts';
import { runningContainers } from './containers/running.ts';
import { shown, type ShownOptions } from './start/shown.ts';
import { engineSocket } from './engine/socket.ts';
import { starting } from './start/starting.ts';
import { stoppedContainers } from './containers/stopped.ts';
import { keeper } from './survival/keep.ts';
import { toldDirectory } from './survival/told.ts';
import { databaseImage, readTarget } from './connection/target.ts';

/** Opens a stack that docker compose runs. @param resolved its configuration, from `readComposeConfig` */
export async function openComposeStack(
  environment: Environment,
  options: StackOptions,
  resolved: Promise<ComposeConfig>,
): Promise<Stack> {
  const { databaseService, actor, terminal, signal } = options;
  const { project } = environment;
  const docker = dockerOf(environment.entry);
  const engine = openEngine(docker, engineSocket(environment.entry));
  const { ask } = engine;
  const here = once(() => refuseOtherHost(environment, ask));
  const known = runningContainers(ask, environment);
  const running = { ...known, of: (service: string) => here().then(() => known.of(service)) };
  const config = await resolved;
  await refuseBehindProfile(databaseService, config, environment);
  const settings = await readLogin({ environment, engine, config }, databaseService);
  readConfigTo(terminal.redactor, config, settings);

  const compose = (...args: string[]): Command => composeCommand(environment, ...args);
  const told = (command: Command, how: RunOptions = {}): Promise<Result> =>
    runOrThrow(command, { ...inProject(environment), ...how }, runCompose);
  const show = shown(environment, terminal, running, here);
  /** A command that changes something. It uses the configuration that the guard has shown, if any: files may change. */
  const changing = (...args: string[]): Command =>
    options.frozen ? frozenCommand(environment, ...args) : compose(...args);
  const change = (command: Command, how: ShownOptions = {}): Promise<unknown> =>
    actor.act(display(command), () => show(command, options.frozen ? { ...how, input: config.text! } : how));
  const about = { environment, docker, engine, config, settings, databaseService };
  const container = (): Promise<Container | undefined> => findContainer(ask, project, databaseService);

  const keeps = keeper({
    ...{ environment, engine, docker, config, databaseService, actor, terminal, change },
    told: () => toldDirectory((work) => stack.withClient(settings.name, work)),
  });

  const asking = {
    declared: once(() => readDeclared(about, databaseService)),
    findsData: () => keeps.findsData(),
  };
  const foresee = foreseeing(
    { ...about, ask, projects: options.projects },
    databaseService,
    asking,
    actor.dryRun,
  );
  const beforeUp = async (build: boolean): Promise<void> => {
    await foresee();
    if (!actor.dryRun) await removeAbandoned(engine, project);
    await keeps.beforeUp(build);
  };

  const stopped = stoppedContainers(environment, ask);

  const stack: Stack = {
    database: { name: settings.name, user: settings.user, service: databaseService },
    foresee,

    target: (dataDirectory, seen) => readTarget(about, dataDirectory, seen),

    async build({ quietly } = {}) {
      if (!Object.values(config.services).some(({ build }) => build)) return;
      await change(changing('build'), quietly ? { quietly: 'the images to be built' } : {});
    },

    application: holding({
      ...{ ask, docker, project, config, databaseService, actor, stopped },
      application: environment.names.application.service,
    }),

    ...starting({
      ...{ ...about, ask, running, actor, terminal, signal, changing, change },
      keeps: { ...keeps, beforeUp },
      stopped,
      frozen: options.frozen,
    }),

    down: () => keeps.down(),
    lookAtStorage: () => keeps.look(),

    async ps() {
      await running.look();
      // Line by line, because a command may hold a secret.
      await told(compose('ps', '--all'), { onLine: terminal.result.bind(terminal) });
    },

    async logs({ service, follow, tail }) {
      if (service !== undefined) refuseUnknown(service, config, environment);
      const flags = ['--tail', String(tail), ...(follow ? ['--follow'] : [])];
      const colour = ['--ansi', terminal.showsResult ? 'always' : 'never'];
      const command = compose(...colour, 'logs', ...flags, ...(service === undefined ? [] : [service]));
      await running.look();
      // Line by line, because an application may log a secret.
      await told(command, { onLine: (line) => terminal.result(line) });
    },

    async health() {
      return serviceHealth(config.services, await readPatients(ask, project), databaseService);
    },

    async checkPassword() {
      const id = await running.of(databaseService);
      // `make check` reports other problems of the network connection. Here the server answers.
      const taken = await takesPassword(engine, id, settings).catch(() => undefined);
      if (taken !== false) return;
      throw otherPasswordIn(docker, id, settings, environment);
    },

    diagnose: async () => {
      const { diagnosisOf } = await import('./diagnose.ts');
      return Promise.all(
        diagnosisOf(environment).map((check) =>
          lookAt(check, { ...about, asking, projects: options.projects }),
        ),
      );
    },

    config: async () => (await told(compose('config'))).stdout.trimEnd(),

    async plan(target) {
      // Remove abandoned containers first: if one ended while the person reads the plan, the plan would have changed.
      if (!actor.dryRun) await removeAbandoned(engine, project);
      return gatherPlan(about, target, await container());
    },

    anchor: anchorOf(engine, docker, environment, async () => databaseImage(about, await container())),

    lock: async (holder) => lockEngine(docker, project, databaseImage(about, await container()), holder),

    async destroy(plan, { storage }) {
      await destroyPlan(plan as ComposePlan, storage, { ...about, project, actor, terminal });
      running.forget();
      if (!actor.dryRun) await keeps.forget();
    },

    async withClient(database, work, as) {
      const id = await running.of(databaseService);
      try {
        return await withSession(engine, id, settings, database, work, { as });
      } catch (error) {
        if (error instanceof UnreachableError) running.forget();
        throw error;
      }
    },

    freeSpace: async (folder) => freeSpaceIn(engine, await running.of(databaseService), folder),

    ...dumping(engine, () => running.of(databaseService), settings),

    seal: (text, salt) => keyedDigest(settings.password, text, salt),

    toText: textWithin(engine, () => running.of(databaseService)),

    async runScript(file, allowed) {
      const id = await running.of(databaseService);
      const from = await addressOf(engine, id, settings);
      const script = runPsql(engine, id, { ...settings, from }, file, terminal, allowed);
      return whileScripted((question) => withSession(engine, id, settings, settings.name, question), script);
    },

    ...forPerson(about, options, (service) => running.of(service)),

    ...migrations(
      about,
      options,
      () => running.of(databaseService),
      (question, name = settings.name) => stack.withClient(name, question),
    ),
  };

  return stack;
}
