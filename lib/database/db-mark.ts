import { committedEntry } from '../environment/committed.ts';
import { RefusedError } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import { assistantHere } from '../system/assistant.ts';
import { assertedly } from './asserted.ts';
import { markerOf, withMarker } from '../stack/postgres/marker.ts';
import { whilePrimary } from './while-primary.ts';
import { otherMarker, readKnown, commentStatement } from './marker.ts';
import type { Giving } from '../parameters/parameter.ts';

/**
 * `db-mark-env`: shows the marker. With REPLACE=<the present marker>, replaces it by this environment's.
 *
 * @throws RefusedError if REPLACE is not the present marker, or without REPLACE if the marker is of another environment
 */
export async function markEnvironment(run: StackRun<Giving<{ REPLACE: string | undefined }>>): Promise<void> {
  const { stack, environment, actor, terminal, values, command } = run;
  const { name } = stack.database;
  const replaced = values.REPLACE;
  await stack.withClient(name, async (client) => {
    const is = await readKnown(client, name);
    const found = markerOf(is.comment);
    if (replaced === undefined) {
      terminal.result(found ?? '');
      if (found === undefined) {
        terminal.info(`${name} is not marked yet`);
        terminal.next(command('up', { ENV: environment.name }));
      } else if (found !== environment.name) {
        throw otherMarker(run, found);
      } else terminal.ok(`${name} is marked for ${found}`);
      return;
    }
    if (found !== replaced) {
      const actual = found === undefined ? 'is not marked' : `is marked for ${found}`;
      throw new RefusedError(`REPLACE=${replaced}, but ${name} ${actual}; nothing was changed`, {
        hint: `look at what it is: ${command('db-mark-env', { ENV: environment.name })}`,
      });
    }
    await refuseUnapproved(run, replaced);
    const comment = withMarker(is.comment, environment.name);
    const statement = commentStatement(name, comment);
    const asserted = { before: [is], after: [{ ...is, comment }] };
    await whilePrimary(run, () => actor.act(`${statement};`, () => assertedly(client, asserted, statement)));
    if (!actor.dryRun) terminal.ok(`${name} is now marked for ${environment.name}; before, for ${replaced}`);
  });
}

/**
 * The marker is what keeps an entry that was written a moment ago from a database of another environment.
 *
 * @throws RefusedError if that one is protected, and an assistant runs the task, or a person's signature is needed there
 */
async function refuseUnapproved(
  { registry, committed: commit, environment }: StackRun,
  replaced: string,
): Promise<void> {
  const entry = registry.environments[replaced];
  const committed = committedEntry(commit, replaced);
  const isProtected = Boolean(entry?.protected || committed?.protected || commit.unread);
  if (!isProtected) return;
  const assistant = await assistantHere();
  if (assistant === undefined && !entry?.approve && !committed?.approve) return;
  throw new RefusedError(
    `${replaced} is protected, and its database is not given to ${environment.name} by ${assistant ?? 'a command'}; nothing was changed`,
    { hint: 'ask the person who keeps it' },
  );
}
