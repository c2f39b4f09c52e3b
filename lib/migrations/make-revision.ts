import { findInProject } from './failure.ts';
import { alembic } from './alembic.ts';
import { FailedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { failed } from './failed.ts';

/**
 * Makes a revision file; with `autogenerate`, filled from the difference between the models and the database.
 *
 * @throws FailedError where it was made in a container and not in the checkout
 */
export async function makeRevision(run: StackRun, autogenerate: boolean): Promise<void> {
  const head = run.values['HEAD'] as string;
  const flags = [...(autogenerate ? ['--autogenerate'] : []), ...(head === 'head' ? [] : [`--head=${head}`])];
  await makeFile(run, 'revision', flags);
}

/**
 * `al-merge`: a revision file that has all heads before it.
 *
 * @throws FailedError where there is one head only, or as `makeRevision`
 */
export async function mergeHeads(run: StackRun): Promise<void> {
  const { stack, values, terminal } = run;
  const ini = values['ALEMBIC_INI'] as string | undefined;
  const found = await stack.alembic(['heads'], { ini, quiet: true });
  if (found.status !== 0) throw await failed(run, found, ['heads']);
  const { ends } = found.heads!;
  if (ends.length < 2)
    throw new FailedError(`there is nothing to merge: ${ends.join() || 'no revision'} is the only head`);
  terminal.info(`heads: ${ends.join(', ')}`);
  await makeFile(run, 'merge', ['heads']);
}

async function makeFile(
  run: StackRun,
  subcommand: 'revision' | 'merge',
  rest: readonly string[],
): Promise<void> {
  const { terminal, actor, values, command, root, stack } = run;
  const id = (values['REV_ID'] as string | undefined) ?? revisionId(new Date());
  const words = [subcommand, `--message=${values['MSG'] as string}`, `--rev-id=${id}`, ...rest];
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

/** `20251211_140000000`: the time to the millisecond, local, so that the files sort as they were made. */
export function revisionId(time: Date): string {
  const two = (value: number, digits = 2): string => String(value).padStart(digits, '0');
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  const clock = `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
  return `${day}_${clock}${two(time.getMilliseconds(), 3)}`;
}
