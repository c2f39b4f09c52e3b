import { RefusedError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { localTime, type Leftovers, type Marked } from './leftovers.ts';
import { untilWhen } from './undo-limits.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** Says where the old database is, and how to bring it back or remove it. */
export function reportKept({ terminal, command, environment }: StackRun, kept: string): void {
  const { name, entry } = environment;
  const line = (task: string): string =>
    command(task, { ENV: name, ...(entry.protected ? { FORCE: '1' } : {}) });
  const until = untilWhen({ since: new Date() }, entry);
  terminal.info(`the old database is kept as ${kept}${until}, closed to applications`);
  terminal.info(`to bring it back: ${line('db-undo-env')}`);
  terminal.info(`to remove it:     ${line('db-drop-old-env')}`);
}

/** A run of a task that takes NAME. */
export type NameRun = StackRun<Giving<{ NAME: string | undefined }>>;

/**
 * The old databases that NAME selects: one, or without NAME all, the latest first.
 *
 * @throws RefusedError if there is none
 */
export function chosen(
  { stack, environment, values, command }: NameRun,
  { former, kept }: Leftovers,
): readonly Marked[] {
  const all = [...(former ? [former] : []), ...kept];
  if (all.length === 0)
    throw new RefusedError(`${environment.name}: no old database of ${stack.database.name} is kept`, {
      hint: `what can be restored: ${command('backups', { ENV: environment.name })}`,
    });
  const named = values.NAME;
  const found = named === undefined ? all : all.filter(({ name }) => name === named);
  if (found.length > 0) return found;
  throw new RefusedError(`${named} is not an old database of ${stack.database.name}`, {
    hint: `NAME=<one of ${all.map(({ name }) => name).join(', ')}>`,
  });
}

export const describe = ({ name, mark }: Marked): string =>
  `${name}, from before a ${mark.what} of ${localTime(mark.since)}`;
