import { identityIn } from '../database/identity.ts';
import { once } from '../system/memoise.ts';
import { namesOfFacts } from './facts/readable-names.ts';
import type { GuardRequest } from './request.ts';
import { gatherFacts, readNeighbours, type Passed } from './facts/facts.ts';
import { ON_FACTS, enforce } from './policy.ts';

interface How {
  /** The run and the facts that the person saw. */
  readonly seen?: Passed;
  /** Reads the registry once more. The first reading takes it as the task has read it a moment ago. */
  readonly again?: boolean;
}

/** Opens the stack and gathers the facts. */
export async function look(
  { read, open, environment }: GuardRequest,
  { seen, again = seen !== undefined }: How = {},
): Promise<Passed> {
  const asked = await read(again);
  const neighbours = once(() => readNeighbours(asked, environment));
  // Compose is slow, so start early. On the second reading its answers are known, and it would only compete.
  if (!seen) void neighbours();
  const run = await open(asked);
  let facts = await gatherFacts(run, environment, neighbours, seen?.facts);
  if (facts.target.running && !facts.contents) {
    // A killed reset may have left the database closed to connections. These checks do not need its contents.
    enforce(ON_FACTS, facts);
    const { undoInterrupted } = await import('../database/replace/interrupted.ts');
    if (await undoInterrupted(run)) facts = await gatherFacts(run, environment, neighbours);
  }
  run.terminal.redactor.show(namesOfFacts(facts));
  const { target, contents, plan } = facts;
  return { ...run, facts, target, plan, identity: contents && identityIn(contents, target.database) };
}
