import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readBytesIfThere } from '../system/read-bounded.ts';
import { loadCommitted, type Entries } from './commit.ts';
import type { EnvironmentEntry, Registry } from './entry.ts';
import { git } from './git.ts';
import { topOf } from './repository.ts';
import { readRegistry, registryIn, type LoadedRegistry } from './registry.ts';

/** What the checked-out commit says of the environments. */
export interface Committed {
  /** Empty outside of a git repository, and without a registry in the commit. */
  readonly entries: Entries;
  /** Why the commit's registry cannot be loaded: then it is not known what it protects. */
  readonly unread?: string | undefined;
}

/** A registry, and what the checked-out commit adds to it. */
export interface Protecting {
  readonly registry: Registry;
  /** Environments that only the commit protects: the entry says so as well by now. */
  readonly byCommit: readonly string[];
  readonly committed: Committed;
}

/**
 * Reads the registry. What the checked-out commit protects is protected in it for every task: what somebody wrote into the
 * working tree a moment ago, which nobody has read, takes no protection away.
 *
 * @throws ConfigurationError naming all mistakes at once
 */
export async function loadProtecting(root: string, signal?: AbortSignal): Promise<Protecting> {
  const own = topOf(root) === undefined ? undefined : registryIn(root);
  const [here, ownIsAsCommitted] = await Promise.all([
    readRegistry(root, signal),
    own !== undefined && isAsCommitted(root, join(root, own)),
  ]);
  const committed =
    own === undefined ? { entries: {} } : await committedOf(root, own, here, ownIsAsCommitted);
  return { ...protecting(here.registry, committed.entries), committed };
}

/** @param own the registry's file, which has been compared already */
async function committedOf(
  root: string,
  own: string,
  { registry, files }: LoadedRegistry,
  ownIsAsCommitted: boolean,
): Promise<Committed> {
  if (ownIsAsCommitted && files !== undefined) {
    const path = realpathSync(join(root, own));
    const imported = files.filter((file) => realpathSync(file) !== path);
    const all = await Promise.all(imported.map((file) => isAsCommitted(root, file)));
    if (all.every(Boolean)) return { entries: registry.environments };
  }
  return loadCommitted(root, files ?? []);
}

/** The registry with the stronger protection of both. Pure. */
export function protecting(
  registry: Registry,
  committed: Entries,
): Pick<Protecting, 'registry' | 'byCommit'> {
  const stronger = Object.entries(registry.environments).flatMap(([name, here]) => {
    const there = entryIn(committed, name)?.protected ?? false;
    return strength(there) > strength(here.protected) ? [[name, { ...here, protected: there }] as const] : [];
  });
  const environments = { ...registry.environments, ...Object.fromEntries(stronger) };
  return { registry: { ...registry, environments }, byCommit: stronger.map(([name]) => name) };
}

const strength = (how: EnvironmentEntry['protected']): number => (how === 'never' ? 2 : Number(Boolean(how)));

/** Why an environment may be protected, where nobody can say: for messages. */
export const unknownProtection = (name: string): string =>
  `whether the checked-out commit protects ${name} is not known`;

/** The entry of an environment as the checked-out commit has it. */
export const committedEntry = ({ entries }: Committed, name: string): EnvironmentEntry | undefined =>
  entryIn(entries, name);

/** A registry may name an environment `constructor`. */
const entryIn = (entries: Entries, name: string): EnvironmentEntry | undefined =>
  Object.hasOwn(entries, name) ? entries[name] : undefined;

/** Compares contents, because `git diff` does not look at a file that is marked `--assume-unchanged`. */
async function isAsCommitted(root: string, file: string): Promise<boolean> {
  const bytes = readBytesIfThere(file);
  if (bytes === undefined) return false;
  // A link: the commit has what it leads to.
  const path = relative(realpathSync(root), realpathSync(file));
  const committed = (await git(root, 'rev-parse', '--verify', '--quiet', `HEAD:./${path}`))
    ?.toString()
    .trim();
  if (committed === undefined) return false;
  const hash = createHash(committed.length > 40 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === committed;
}
