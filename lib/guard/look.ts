import { identityIn } from '../database/identity.ts';
import { once } from '../system/memoise.ts';
import { namesOfFacts } from './facts/readable-names.ts';
import type { GuardRequest } from './request.ts';
import { gatherFacts, readNeighbours, type Passed } from './facts/facts.ts';
import { ON_FACTS, enforce } from './policy.ts';

/**
 * Opens the stack and asks for the facts.
 *
 * @param seen what the person has seen, when it is looked at once more
 */
export async function look({ read, open, environment }: GuardRequest, seen?: Passed): Promise<Passed> {
  const asked = await read();
  const neighbours = once(() => readNeighbours(asked, environment));
  // Compose takes its time for each. The second time it is known what it says, and only in the way.
  if (!seen) void neighbours();
  const run = await open(asked);
  let facts = await gatherFacts(run, environment, neighbours, seen?.facts);
  if (facts.target.running && !facts.contents) {
    // A reset that was killed may have left the database closed. Whose it is can be told all the same.
    enforce(ON_FACTS, facts);
    const { undoInterrupted } = await import('../database/replace/interrupted.ts');
    if (await undoInterrupted(run)) facts = await gatherFacts(run, environment, neighbours);
  }
  run.terminal.redactor.show(namesOfFacts(facts));
  const { target, contents, plan } = facts;
  return { ...run, facts, target, plan, identity: contents && identityIn(contents, target.database) };
}
