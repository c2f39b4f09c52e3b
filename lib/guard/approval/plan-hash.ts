import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { checksum } from '../../dump/checksum.ts';
import { isThere } from '../../system/read-bounded.ts';
import type { Passed } from '../facts/facts.ts';
import { identityOf, withoutState } from '../facts/unchanged.ts';
import { repositoryRevision } from '../record/entries.ts';

/** Parameters that change how the person is asked, and not what is done. */
const ASKING = ['ENV', 'FORCE', 'WAIT', 'DRY_RUN'];

/**
 * SHA-256 of everything that decides what a run does: the facts that must not change, the configuration, the commit, the
 * parameters, and the contents of files that they name.
 */
export async function planHash(seen: Passed): Promise<string> {
  const { task, facts, environment, target, root, values, pending } = seen;
  const parameters = Object.entries(values).filter(
    ([name, value]) => !ASKING.includes(name) && value !== undefined,
  );
  const files: [string, string][] = [];
  for (const [name, value] of parameters) {
    if (typeof value === 'string' && ['DUMP', 'SQL'].includes(name) && isThere(resolve(value)))
      files.push([name, await checksum(resolve(value))]);
  }
  const about = {
    task: task.name,
    parameters,
    files,
    facts: Object.entries(identityOf(facts, environment.variables)).map(([name, fact]) => [
      name,
      fact === undefined ? null : withoutState(fact),
    ]),
    configuration: target.configuration ?? {},
    commit: await repositoryRevision(root),
    pending: pending?.map(({ id, sha256 }) => [id, sha256]) ?? null,
  };
  return createHash('sha256').update(JSON.stringify(about)).digest('hex');
}
