import { join } from 'node:path';
import { advise } from './advice.ts';
import { describeFailure, findInProject, parseFailure } from './failure.ts';
import { describeInvalid, readInvalidIndexes } from '../database/invalid-indexes.ts';
import { onceItAnswers } from '../database/once-it-answers.ts';
import { refuseStandby } from '../database/recovery.ts';
import { readRevisions } from '../database/revisions.ts';
import {
  FailedError,
  READ_ONLY,
  UnreachableError,
  isLostState,
  messageOf,
  type MakesafeError,
} from '../errors.ts';
import { writeWhole } from '../system/files.ts';
import type { StackRun } from '../run/run.ts';
import { failureOf, type FailureReport } from '../stack/alembic/failure-report.ts';
import { unconfirmed } from '../stack/postgres/confirmation.ts';
import type { AlembicResult } from '../stack/alembic/run-alembic.ts';

/**
 * The error for a failed Alembic: the lines that a person needs, and the revision that the database is at now.
 *
 * @param again the command that continues, if it is not the task's own
 */
export async function failed(
  run: StackRun,
  result: AlembicResult,
  args: readonly string[],
  again?: string,
): Promise<MakesafeError> {
  const { status, stdout, stderr } = result;
  const { stack, root, task, command, environment } = run;
  const parsed = parseFailure(stdout + stderr);
  const found = result.failure ? failureOf(result.failure, parsed) : parsed;
  const output = await keepOutput(run, args, stdout + stderr);
  if (!found)
    return new FailedError(`alembic ${args[0]} failed (status ${status})\noutput     ${output}`, { status });
  const read = (): Promise<string[]> =>
    stack.withClient(stack.database.name, async (client) => {
      await refuseStandby(client);
      return readRevisions(client);
    });
  const onPurpose = result.failure?.words?.state === READ_ONLY && (await isReadOnlyByDefault(run));
  const lost = !onPurpose && wasLost(result.failure);
  // If the server is gone, its cluster needs a while for another primary.
  const at = await (lost ? onceItAnswers(run, read) : read()).catch(() => undefined);
  const file = found.file && findInProject(root, found.file);
  const invalid = await stack.withClient(stack.database.name, readInvalidIndexes).catch(() => []);
  const line = (name: string): string => command(name, { ENV: environment.name });
  const next = again ?? line(task.name);
  const hint = onPurpose
    ? `its sessions are read-only on purpose: set default_transaction_read_only off for the database or the role, then: ${next}`
    : advise(found, { at, line, again: next, builtIn: stack.isBuiltIn(found.file) });
  const described = describeFailure({ ...found, file }, stack.database.name, at, output);
  if (lost)
    return new UnreachableError(`${whyLost(result.failure)}\n${described}`, {
      hint: unconfirmed()?.hint ?? `see what happened to the server, then: ${next}`,
    });
  return new FailedError([described, ...describeInvalid(invalid)].join('\n'), {
    status,
    ...(hint === undefined ? {} : { hint }),
  });
}

const whyLost = (failure: FailureReport | undefined): string =>
  unconfirmed()?.message ??
  (failure?.words?.state === READ_ONLY
    ? 'the server of the migration takes no changes any more: another one became the primary'
    : 'the session of the migration was lost');

/** Whether database or role begin all transactions read-only, on the primary that there is now. */
const isReadOnlyByDefault = ({ stack }: StackRun): Promise<boolean> =>
  stack
    .withClient(
      stack.database.name,
      async (client) => {
        const { rows } = await client.query<{ by: string }>(
          `SELECT pg_catalog.current_setting('default_transaction_read_only') AS by`,
        );
        return rows[0]!.by === 'on';
      },
      { settings: 'database' },
    )
    .catch(() => false);

/** Whether the server, its primary or the connection is gone, so that the revision is not to blame. */
const wasLost = (failure: FailureReport | undefined): boolean =>
  failure?.lost === true || isLostState(failure?.words?.state);

/**
 * Saves the whole output of the latest failure in the journal folder.
 *
 * @returns its path, or why it could not be saved
 */
async function keepOutput(
  { root, environment, terminal }: StackRun,
  args: readonly string[],
  text: string,
): Promise<string> {
  const path = `journal/${environment.name}.alembic.log`;
  const whole = `alembic ${args.join(' ')}, ${new Date().toISOString()}\n\n${text}`;
  try {
    await writeWhole(join(root, path), 0o600, (file) => void file.write(terminal.redactor.redact(whole)));
    return path;
  } catch (error) {
    return `could not be kept: ${messageOf(error)}`;
  }
}
