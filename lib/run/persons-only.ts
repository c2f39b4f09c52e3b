import { committedEntry, unknownProtection } from '../environment/committed.ts';
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
  {
    committed,
    environment,
    command,
    actor,
  }: Pick<StackRun, 'committed' | 'environment' | 'command' | 'actor'>,
  what: string,
  changes: boolean,
): Promise<void> {
  const { name, entry } = environment;
  const isKnown = committed.unread === undefined;
  if ((!entry.protected && isKnown) || actor.dryRun) return;
  const assistant = await assistantHere();
  if (assistant !== undefined) {
    const why = entry.protected ? `${name} is protected` : unknownProtection(name);
    throw new RefusedError(`${assistant} runs this command, and ${why}`, {
      hint: 'ask the person, who decides and types it in a terminal of their own',
    });
  }
  if (!changes) return;
  if (!entry.approve && !committedEntry(committed, name)?.approve) return;
  throw new RefusedError(
    `what changes ${name} needs the signature of a person, and what ${what} does cannot be signed`,
    {
      hint: `a script that can be signed: ${command('db-apply-env', { ENV: name, SQL: '<file>', FORCE: '1' })}`,
    },
  );
}
