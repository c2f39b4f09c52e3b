import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readContents, type Contents } from '../database/contents.ts';
import { messageOf } from '../errors.ts';
import { writeWhole } from '../system/files.ts';
import type { DestructiveRun } from '../run/run.ts';
import type { RebuildRun, StepName } from './parameters.ts';
import { seedOf } from './seed.ts';
import { readJsonIfThere } from '../system/read-bounded.ts';

/** The step at which a run stopped, and its database. The next run continues only if that database is unchanged. */
interface Failure {
  readonly step: StepName;
  readonly time: string;
  readonly database: Pick<Contents, 'systemIdentifier' | 'oid' | 'revisions'>;
}

const fileOf = ({ root, environment }: DestructiveRun): string =>
  join(root, 'journal', `.${environment.name}.rebuild.json`);

/** Steps that can be repeated on the database that the reset created. */
const REPEATABLE: readonly StepName[] = ['bootstrap', 'migrate', 'seed', 'start', 'current', 'verify'];

/** Saves the step at which this run failed, for the next run. If the step cannot be repeated, removes the saved one. */
export async function rememberFailure(run: RebuildRun, step: StepName): Promise<void> {
  // What a command of the application has written before it failed is not known.
  const isRepeatable = step === 'seed' ? typeof seedOf(run) === 'string' : REPEATABLE.includes(step);
  if (run.actor.dryRun || !isRepeatable) return forgetFailure(run);
  try {
    const { systemIdentifier, oid, revisions } = await run.stack.withClient(
      run.stack.database.name,
      readContents,
    );
    const failure: Failure = {
      step,
      time: new Date().toISOString(),
      database: { systemIdentifier, oid, revisions },
    };
    await writeWhole(fileOf(run), 0o600, (output) => void output.write(`${JSON.stringify(failure)}\n`));
  } catch {
    // A failure that cannot be saved: the next run starts from the beginning.
    forgetFailure(run);
  }
}

/** Removes the saved failure: the next run starts from the beginning. */
export function forgetFailure(run: DestructiveRun): void {
  if (!run.actor.dryRun) rmSync(fileOf(run), { force: true });
}

/**
 * Reads the saved failure. If the file is not one of ours, the rebuild starts from the beginning, which is always safe.
 */
function readFailure({ terminal }: DestructiveRun, file: string): Failure | undefined {
  try {
    const failure = readJsonIfThere(file) as Failure | null | undefined;
    if (failure === undefined) return undefined;
    const { step, time, database } = failure ?? {};
    const isFailure =
      REPEATABLE.includes(step!) && typeof time === 'string' && Array.isArray(database?.revisions);
    if (isFailure) return failure!;
    terminal.warn(`${file} is none that db-rebuild-env wrote: beginning anew`);
  } catch (error) {
    terminal.warn(`${messageOf(error)}: beginning anew`);
  }
  return undefined;
}

/** The step at which the last run failed, if its database still exists and is unchanged. */
export async function whereToResume(run: DestructiveRun): Promise<StepName | undefined> {
  const file = fileOf(run);
  const failure = readFailure(run, file);
  if (!failure) return undefined;
  const { step, time, database } = failure;
  const now = await run.stack.withClient(run.stack.database.name, readContents).catch(() => undefined);
  const same =
    now?.oid === database.oid &&
    now.systemIdentifier === database.systemIdentifier &&
    now.revisions.join() === database.revisions.join();
  if (!same) return undefined;
  const at = database.revisions.join(', ') || 'no revision';
  run.terminal.info(
    `going on at ${step}, where the run of ${time.slice(11, 16)} UTC stopped, at ${at}; FROM=reset begins anew`,
  );
  return step;
}
