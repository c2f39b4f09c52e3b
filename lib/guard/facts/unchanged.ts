import { createHash } from 'node:crypto';
import type { Variable } from '../../environment/env-files.ts';
import type { Recovery } from '../../stack/postgres/recovery.ts';
import { identityOfPlan } from '../../stack/plan.ts';
import type { GuardFacts } from './facts.ts';
import { describeOverlap } from './overlap.ts';
import { describeStorage } from './describe-storage.ts';

/** A fact that must not change. Undefined means unknown: then it cannot be compared. */
type Fact = string | undefined;

/** What must not change while the person reads and waits. The keys are the screen's words. */
export function identityOf(
  { environment, entry, target, contents, markers, overlaps, plan }: GuardFacts,
  variables: ReadonlyMap<string, Variable>,
): Record<string, Fact> {
  return {
    'registry entry': `${environment.name} ${JSON.stringify(entry)}`,
    // As a hash, because env files hold secrets.
    'env files': hash([...variables].map(([name, { value }]) => [name, value])),
    engine: `${target.engine} on host ${target.host}`,
    project: target.project,
    server: target.server ?? 'none',
    storage: describeStorage(target.storage),
    'users of the storage': target.otherUsers.join(', '),
    database: `${target.database} of ${target.user}`,
    'database id': contents?.oid,
    system: contents?.systemIdentifier ?? undefined,
    // A standby that becomes the primary has the same system identifier, and begins a new timeline.
    primary: contents && describeRecovery(contents),
    markers: markers && JSON.stringify(markers),
    overlaps: overlaps.map(describeOverlap).join(', '),
    ...identityOfPlan(plan),
  };
}

const describeRecovery = ({ isStandby, timeline }: Recovery): Fact =>
  isStandby ? 'a standby' : timeline === null ? undefined : `timeline ${timeline}`;

const hash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

/** A container that starts or stops is still the same container. */
export const withoutState = (fact: string): string => fact.replace(/^(container [0-9a-f]+) \(\w+\)$/, '$1');

/** A sentence for each fact that changed. */
export function changesBetween(
  before: Readonly<Record<string, Fact>>,
  after: Readonly<Record<string, Fact>>,
): string[] {
  return Object.keys(before).flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (was === undefined || is === undefined || withoutState(was) === withoutState(is)) return [];
    return [`${name}: ${was} → ${is}`];
  });
}

/** A sentence for each changed part of the resolved configuration. Names only the part: its value may be a secret. */
export function configurationChanges(
  before: Readonly<Record<string, string>> = {},
  after: Readonly<Record<string, string>> = {},
): string[] {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return parts.flatMap((part) => {
    const [was, is] = [before, after].map((all) => (Object.hasOwn(all, part) ? all[part] : undefined));
    if (was === is) return [];
    const how = was === undefined ? 'is new' : is === undefined ? 'is gone' : 'is another one';
    return [`compose configuration: ${part} ${how}`];
  });
}
