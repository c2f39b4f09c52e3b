import { findInProject } from './failure.ts';
import { alembic } from './alembic.ts';
import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import type { Giving } from '../parameters/parameter.ts';

/** A run of a task that creates a revision file. */
export type MakingRun = StackRun<
  Giving<{ MSG: string; REV_ID: string | undefined; ALEMBIC_INI: string | undefined }>
>;

/**
 * Creates a revision file with Alembic.
 *
 * @throws FailedError if it was created inside a container and not in the checkout
 */
export async function makeFile(
  run: MakingRun,
  subcommand: 'revision' | 'merge',
  rest: readonly string[],
): Promise<void> {
  const { terminal, actor, values, command, root, stack } = run;
  const id = values.REV_ID ?? revisionId(new Date());
  const words = [subcommand, `--message=${values.MSG}`, `--rev-id=${id}`, ...rest];
  const made = (await alembic(run, { changes: true }, ...words))?.made;
  if (actor.dryRun) return;
  if (stack.isBuiltIn(made)) {
    throw new FailedError(`${made} was made in a container that is gone, and not in this checkout`, {
      hint: 'mount the folder of the revisions into the service (volumes: in the compose file), then type this again',
    });
  }
  terminal.ok(`made revision ${id}${made === undefined ? '' : `: ${findInProject(root, made)}`}`);
  terminal.next(command('al-up'));
}

/** `20251211_140000000`: the local time with milliseconds, so the files sort by time of creation. */
export function revisionId(time: Date): string {
  const two = (value: number, digits = 2): string => String(value).padStart(digits, '0');
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  const clock = `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
  return `${day}_${clock}${two(time.getMilliseconds(), 3)}`;
}
