import type { Command } from '../../../system/command.ts';
import type { RunOptions } from '../../../system/process.ts';
import { UnreachableError } from '../../../errors.ts';
import type { Stack } from '../../stack.ts';
import { findContainer } from '../containers/containers.ts';
import { settleOrphans } from './orphans.ts';
import { withSession } from '../connection/connections.ts';
import type { DatabaseSettings } from '../connection/login.ts';
import type { ConnectOptions } from '../connection/connect.ts';
import type { Engine } from '../engine/engine.ts';
import { takesPassword } from '../connection/password.ts';
import { waitUntilReady } from '../connection/ready.ts';
import type { RunningContainers } from '../containers/running.ts';
import type { Stopped } from '../containers/stopped.ts';
import type { Keeper } from '../survival/keep.ts';
import { readUpToDate, stillRun } from './up-to-date.ts';

type Orphaned = Parameters<typeof settleOrphans>[0];

interface About extends Orphaned {
  readonly databaseService: string;
  readonly engine: Engine;
  readonly settings: DatabaseSettings;
  readonly running: RunningContainers;
  readonly keeps: Keeper;
  readonly stopped: Stopped;
  readonly signal: AbortSignal;
  /** Whether the guard has shown the configuration: then compose uses that one, and no orphan is removed. */
  readonly frozen: boolean;
  /** A compose command that changes something. */
  readonly changing: (...args: string[]) => Command;
  readonly change: (command: Command, how?: RunOptions) => Promise<unknown>;
}

/** Makes the methods of `Stack` that start containers. They return when the database answers. */
export function starting(about: About): Pick<Stack, 'up' | 'upToDate' | 'restart' | 'rebuild'> {
  const { environment, ask, docker, engine, databaseService, settings, running, keeps } = about;
  const { stopped, actor, terminal, signal, frozen, changing, change } = about;
  const probe = (id: string, how: ConnectOptions): Promise<unknown> =>
    withSession(engine, id, settings, settings.name, (client) => client.query('SELECT 1'), how);

  const ready = (timeout: number, { started }: { started: boolean } = { started: true }): Promise<unknown> =>
    actor.act(`# wait until database ${settings.name} answers, ${timeout} s at most`, async () => {
      const id = await waitUntilReady(
        docker,
        ask,
        environment.project,
        databaseService,
        probe,
        timeout,
        terminal,
        signal,
      );
      running.remember(databaseService, id);
      if (started) await keeps.afterUp();
    });

  // `settleOrphans` has already handled and named orphans: compose must not remove or report them.
  const up = (...args: string[]): Promise<unknown> =>
    change(changing('up', '-d', ...args), { env: { COMPOSE_IGNORE_ORPHANS: 'true' } });

  return {
    async upToDate() {
      const runs = await readUpToDate(about);
      const takes = runs && (await takesPassword(engine, await running.of(databaseService), settings));
      return takes ? runs : undefined;
    },

    async up({ build, timeout, onStarted, only, orphans, running: found }) {
      if (found && (await stillRun(ask, environment.project, found))) {
        onStarted?.();
        return void (await ready(timeout, { started: false }));
      }
      await keeps.beforeUp(build);
      if (!frozen && only === undefined && orphans !== 'ignore') await settleOrphans(about, orphans);
      await up(...(build ? ['--build'] : []), ...(only === 'database' ? [databaseService] : []));
      if (only === undefined && !actor.dryRun) await stopped.note([]);
      onStarted?.();
      await ready(timeout);
    },

    async restart({ timeout }) {
      // Compose restarts only existing containers, and does not report a missing one.
      if (!(await findContainer(ask, environment.project, databaseService)))
        throw new UnreachableError(`service ${databaseService} of ${environment.name} has no container`, {
          hint: `make up ENV=${environment.name}`,
        });
      await keeps.beforeRestart();
      await change(changing('restart'));
      await ready(timeout);
    },

    async rebuild({ pull, noCache, progress, buildkit, timeout, orphans }) {
      const flags = [...(pull ? ['--pull'] : []), ...(noCache ? ['--no-cache'] : [])];
      const global = progress === undefined ? [] : ['--progress', progress];
      await change(changing(...global, 'build', ...flags), {
        env: buildkit === undefined ? {} : { DOCKER_BUILDKIT: buildkit ? '1' : '0' },
      });
      await keeps.beforeUp(false);
      await settleOrphans(about, orphans);
      await up();
      if (!actor.dryRun) await stopped.note([]);
      await ready(timeout);
    },
  };
}
