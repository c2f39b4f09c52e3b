import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { MakesafeError } from '../errors.ts';
import { writeNewSync } from '../system/files.ts';
import { inPrivateFolder } from '../system/private-folder.ts';
import { childEnvironment } from '../system/process.ts';
import { readBytesIfThere } from '../system/read-bounded.ts';
import { isRecord } from './check-registry.ts';
import type { EnvironmentEntry, Registry } from './entry.ts';
import { loadRegistryData } from './load-registry.ts';
import { topOf } from './repository.ts';
import { loadRegistry, registryIn, REGISTRY_AT_ROOT, REGISTRY_FILE } from './registry.ts';

/** Bytes. No registry is larger. */
const MOST = 1 << 20;

type Entries = Readonly<Record<string, EnvironmentEntry>>;

/** A registry, and what the checked-out commit adds to it. */
export interface Protecting {
  readonly registry: Registry;
  /** Environments that only the commit protects: the entry says so as well by now. */
  readonly byCommit: readonly string[];
}

/**
 * Reads the registry. What the checked-out commit protects is protected in it for every task: what somebody wrote into the
 * working tree a moment ago, which nobody has read, takes no protection away.
 *
 * @throws ConfigurationError naming all mistakes at once
 */
export async function loadProtecting(root: string, signal?: AbortSignal): Promise<Protecting> {
  const [registry, committed] = await Promise.all([loadRegistry(root, signal), committedEntries(root)]);
  return protecting(registry, typeof committed === 'object' ? committed : {});
}

/** The registry with the stronger protection of both. Pure. */
export function protecting(registry: Registry, committed: Entries): Protecting {
  const stronger = Object.entries(registry.environments).flatMap(([name, here]) => {
    const there = Object.hasOwn(committed, name) ? committed[name]!.protected : false;
    return strength(there) > strength(here.protected) ? [[name, { ...here, protected: there }] as const] : [];
  });
  const environments = { ...registry.environments, ...Object.fromEntries(stronger) };
  return { registry: { ...registry, environments }, byCommit: stronger.map(([name]) => name) };
}

const strength = (how: EnvironmentEntry['protected']): number => (how === 'never' ? 2 : Number(Boolean(how)));

/**
 * The entry of an environment as the checked-out commit has it.
 *
 * @param entry as the working tree has it; returned if the registry is as committed
 * @returns undefined outside of a git repository, or if the commit has no such entry
 */
export async function committedEntry(
  root: string,
  name: string,
  entry: EnvironmentEntry,
): Promise<EnvironmentEntry | undefined> {
  const committed = await committedEntries(root);
  if (committed === 'as here') return entry;
  return committed && Object.hasOwn(committed, name) ? committed[name] : undefined;
}

/** @returns undefined without a commit, without git, or if the commit's registry cannot be loaded */
async function committedEntries(root: string): Promise<Entries | 'as here' | undefined> {
  if (topOf(root) === undefined) return undefined;
  try {
    if (await isAsCommitted(root)) return 'as here';
    // The registry may have been moved: both of its places count.
    const found = await Promise.all(
      [REGISTRY_AT_ROOT, REGISTRY_FILE].map(async (place) => {
        const text = await git(root, 'cat-file', 'blob', `HEAD:./${place}`);
        return text === undefined ? undefined : entriesIn(text, basename(place));
      }),
    );
    return found.some((one) => one) ? (Object.assign({}, ...found) as Entries) : undefined;
  } catch (error) {
    if (error instanceof MakesafeError) return undefined;
    throw error;
  }
}

/** Compares contents, because `git diff` does not look at a file that is marked `--assume-unchanged`. */
async function isAsCommitted(root: string): Promise<boolean> {
  const file = registryIn(root);
  const bytes = file === undefined ? undefined : readBytesIfThere(join(root, file));
  if (file === undefined || bytes === undefined) return false;
  // A link: the commit has what it leads to.
  const path = relative(realpathSync(root), realpathSync(join(root, file)));
  const committed = (await git(root, 'rev-parse', '--verify', '--quiet', `HEAD:./${path}`))?.trim();
  if (committed === undefined) return false;
  const hash = createHash(committed.length > 40 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === committed;
}

/**
 * What git prints; undefined if it fails. Without zx, which every refusal would have to load. What `git replace` puts in
 * place of an object is in no commit.
 */
const git = (root: string, ...args: string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { env: childEnvironment(), maxBuffer: MOST };
    execFile('git', ['--no-replace-objects', '-C', root, ...args], options, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });

async function entriesIn(text: string, file: string): Promise<Entries> {
  let data: unknown;
  await inPrivateFolder(async (folder) => {
    writeNewSync(join(folder, file), text, 0o600);
    data = await loadRegistryData(folder, file);
  });
  return isRecord(data) && isRecord(data['environments']) ? (data['environments'] as Entries) : {};
}
