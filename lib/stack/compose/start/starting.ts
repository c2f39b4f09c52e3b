import type { Command } from '../../../output/display.ts';
import type { RunOptions } from '../../../system/process.ts';
import { UnreachableError } from '../../../errors.ts';
import type { Stack } from '../../stack.ts';
import { findContainer } from '../containers/containers.ts';
import type { greeting } from '../connection/greeting.ts';
import { settleOrphans } from './orphans.ts';
import { waitUntilReady } from '../connection/ready.ts';
import type { RunningContainers } from '../containers/running.ts';
import type { Stopped } from '../containers/stopped.ts';
import type { Keeper } from '../survival/keep.ts';

type Orphaned = Parameters<typeof settleOrphans>[0];

interface About extends Orphaned {
  readonly databaseService: string;
  readonly settings: { readonly name: string };
  readonly server: ReturnType<typeof greeting>;
  readonly running: RunningContainers;
  readonly keeps: Keeper;
  readonly stopped: Stopped;
  readonly signal: AbortSignal;
  /** Whether compose is given a configuration that was shown, and removes nothing that was not. */
  readonly frozen: boolean;
  /** A compose command that changes something. */
  readonly changing: (...args: string[]) => Command;
  readonly change: (command: Command, how?: RunOptions) => Promise<unknown>;
}

/** All that starts containers, and returns when the database answers. */
export function starting(about: About): Pick<Stack, 'up' | 'restart' | 'rebuild'> {
  const { environment, ask, docker, databaseService, settings, server, running, keeps } = about;
  const { stopped, actor, terminal, signal, frozen, changing, change } = about;
  /** Where it runs already, what follows is done while compose looks whether anything has changed. */
  let greeted: Promise<unknown> | undefined;

  const ready = (timeout: number): Promise<unknown> =>
    actor.act(`# wait until database ${settings.name} answers, ${timeout} s at most`, async () => {
      await greeted;
      const id = await waitUntilReady(
        docker,
        ask,
        environment.project,
        databaseService,
        server.greet,
        timeout,
        terminal,
        signal,
      );
      running.remember(databaseService, id);
      await keeps.afterUp();
    });

  const greetEarly = (): void =>
    void (greeted = running
      .of(databaseService)
      .then((id) => server.greet(id, {}))
      .catch(() => {}));

  // What is left of other files has been named by us.
  const up = (...args: string[]): Promise<unknown> =>
    change(changing('up', '-d', ...args), { env: { COMPOSE_IGNORE_ORPHANS: 'true' } });

  return {
    async up({ build, timeout, meanwhile, only, orphans }) {
      await keeps.beforeUp(build);
      if (!frozen && only === undefined && orphans !== 'ignore') await settleOrphans(about, orphans);
      if (!actor.dryRun) greetEarly();
      await up(...(build ? ['--build'] : []), ...(only === 'database' ? [databaseService] : []));
      if (only === undefined && !actor.dryRun) await stopped.note([]);
      meanwhile?.();
      await ready(timeout);
    },

    async restart({ timeout }) {
      // Compose restarts what there is, and says nothing of what is not.
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
      await ready(timeout);
    },
  };
}
