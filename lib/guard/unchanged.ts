import { createHash } from 'node:crypto';
import type { Variable } from '../environment/env-files.ts';
import type { Facts } from './facts.ts';
import { describeOverlap } from './checks.ts';
import { describeStorage } from './screen.ts';

/** What may not change while a person reads and waits, each by the word of the screen. */
export function identityOf(
  { environment, entry, target, contents, markers, overlaps }: Facts,
  variables: ReadonlyMap<string, Variable>,
): Record<string, string> {
  return {
    'registry entry': `${environment.name} ${JSON.stringify(entry)}`,
    // They hold secrets.
    'env files': hash([...variables].map(([name, { value }]) => [name, value])),
    engine: `${target.engine} on host ${target.host}`,
    project: target.project,
    server: target.server ?? 'none',
    storage: describeStorage(target.storage),
    'users of the storage': target.otherUsers.join(', '),
    database: `${target.database} of ${target.user}`,
    'database id': contents?.oid ?? 'not known',
    system: contents?.systemIdentifier ?? 'not known',
    markers: JSON.stringify(markers ?? {}),
    overlaps: overlaps.map(describeOverlap).join(', '),
  };
}

const hash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

/** A sentence for each fact that is another one by now. */
export function changesBetween(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(before)
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name]!} → ${after[name]!}`);
}
