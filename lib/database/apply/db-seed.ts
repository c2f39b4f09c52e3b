import { relative, resolve } from 'node:path';
import { ConfigurationError, FailedError, RefusedError } from '../../errors.ts';
import type { Seed } from '../../environment/entry.ts';
import type { StackRun } from '../../run/run.ts';
import { applyScript, readWhole } from './apply-script.ts';
import { refuseOtherMarker } from '../marker.ts';
import { refuseStandby } from '../recovery.ts';

/**
 * `db-seed-env`: runs the registry's `seed`: a file of SQL, or a command of the application.
 *
 * @throws RefusedError on a protected environment (test data do not belong in production), or if the database is marked
 * for another environment, or if the server is a standby
 * @throws FailedError if the command fails, or if it is unknown which database the application reaches
 */
export async function seed(run: StackRun): Promise<void> {
  const { stack, environment, terminal, command } = run;
  if (environment.entry.protected) {
    throw new RefusedError(`${environment.name} is protected, and gets no seed`, {
      hint: `a script that is meant for it: ${command('db-apply-env', { ENV: environment.name, SQL: '<file>' })}`,
    });
  }
  const given = environment.names.seed;
  if (given === undefined) {
    throw new ConfigurationError(`the registry has no seed for ${environment.name}`, {
      hint: "write in env/environments.ts: seed: 'scripts/db/seed.sql', or seed: { command: 'python -m app.seed' }",
    });
  }
  await stack.withClient(stack.database.name, async (client) => {
    await refuseStandby(client);
    await refuseOtherMarker(client, run);
  });
  await plantSeed(run, given);
  if (typeof given === 'string' || run.actor.dryRun) return;
  terminal.ok(`${environment.name}: ${given.command} ended well`);
  terminal.next(command('health', { ENV: environment.name }));
}

const HOW = { oneTransaction: true, parameter: 'seed' };

/** Reads a seed that is a file to its end. @throws ConfigurationError if it is not there, or cannot be run */
export const readSeed = ({ root }: Pick<StackRun, 'root'>, file: string): ReturnType<typeof readWhole> =>
  readWhole(relative('', resolve(root, file)), HOW);

/**
 * Runs a seed in the environment's database, which is known not to be protected and not to be another one's.
 *
 * @throws FailedError if a statement or the command fails, or if it is unknown which database the application reaches
 */
export async function plantSeed(run: StackRun, given: Seed): Promise<void> {
  const { stack, environment, command } = run;
  if (typeof given === 'string') return applyScript(run, await readSeed(run, given), HOW);
  // makesafe cannot see where the application writes. It can check where Alembic connects, which reads the same
  // variables: `strict` refuses another database, and one that cannot be verified.
  const { status: reached } = await stack.alembic(['current'], { quiet: true, strict: true });
  if (reached !== 0)
    throw new FailedError(
      `which database the application reaches cannot be seen; ${given.command} was not run`,
      {
        hint: command('al-cur-env', { ENV: environment.name }),
      },
    );
  const status = await stack.shell(given.command, undefined);
  if (status !== 0) throw new FailedError(`${given.command} ended with status ${status}`, { status });
}
