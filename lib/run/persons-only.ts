import { committedEntry } from '../environment/committed.ts';
import { RefusedError } from '../errors.ts';
import { assistantHere } from '../system/assistant.ts';
import type { StackRun } from './run.ts';

/**
 * Called by what reaches the data of a protected environment without a guard: psql, a shell, a script of SQL.
 *
 * @param what does it, for the message: `app-shell`
 * @param changes whether it is there to change something: then nobody does it where that needs a signature
 * @throws RefusedError to an assistant, and where `approve` is set, if it `changes`
 */
export async function personsOnly(
  { root, environment, command, actor }: Pick<StackRun, 'root' | 'environment' | 'command' | 'actor'>,
  what: string,
  changes: boolean,
): Promise<void> {
  const { name, entry } = environment;
  if (!entry.protected || actor.dryRun) return;
  const assistant = await assistantHere();
  if (assistant !== undefined) {
    throw new RefusedError(`${assistant} runs this command, and ${name} is protected`, {
      hint: 'ask the person, who decides and types it in a terminal of their own',
    });
  }
  if (!changes) return;
  const committed = await committedEntry(root, name, entry);
  if (!entry.approve && !committed?.approve) return;
  throw new RefusedError(
    `what changes ${name} needs the signature of a person, and what ${what} does cannot be signed`,
    {
      hint: `a script that can be signed: ${command('db-apply-env', { ENV: name, SQL: '<file>', FORCE: '1' })}`,
    },
  );
}
