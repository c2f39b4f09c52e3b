import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../system/files.ts';
import { isThere, readJsonIfThere, readTextIfThere } from '../system/read-bounded.ts';
import type { EnvironmentEntry, Registry } from './entry.ts';
import { namesOf } from './names.ts';

/**
 * A checkout of the repository: a clone or a git worktree. Several use one engine, so each but the first one gives its
 * local environments a compose project and ports of its own.
 */
export interface Checkout {
  /** Ends the names of its compose projects. Empty for the first checkout, which keeps the plain names. */
  readonly name: string;
  /** Its folder. Another one than this means that the folder was moved or copied. */
  readonly root: string;
  /** The plain compose projects of its local environments. */
  readonly projects: readonly string[];
  /** Ports of the engine's host by environment, and by the port that the compose file publishes. */
  readonly ports: Readonly<Record<string, Ports>>;
}
export type Ports = Readonly<Record<string, number>>;

/** Relative to the root. Git ignores the journal's folder. */
const FILE = 'journal/checkout.json';

/** The compose file that gives an environment of this checkout its own ports and names; relative to the root. */
export const ownComposeFile = (environment: string): string => `journal/${environment}.compose.yml`;

/** Whether each checkout has its own. An embedded environment has: its folder is in the checkout. */
export const isPerCheckout = ({ local, stack, protected: kept }: EnvironmentEntry): boolean =>
  local === true && stack === 'compose' && !kept;

/** The compose projects that the first checkout has. */
export const plainProjects = ({ environments }: Registry): string[] =>
  Object.entries(environments).flatMap(([name, entry]) =>
    isPerCheckout(entry) ? [entry.project ?? name] : [],
  );

/**
 * What a checkout has written down about itself; undefined if nothing, or if its folder is a copy of another checkout
 * that still exists. If the folder was moved, what is written stays true, but for its root.
 */
export function readCheckout(root: string): Checkout | undefined {
  const found = read(root);
  if (!found || found.root === root || !isThere(found.root)) return found;
  const isCopy = realpathSync(found.root) !== realpathSync(root) && read(found.root)?.name === found.name;
  return isCopy ? undefined : found;
}

function read(root: string): Checkout | undefined {
  let found: Partial<Checkout> | undefined;
  try {
    found = readJsonIfThere(join(root, FILE)) as Partial<Checkout> | undefined;
  } catch {
    // Cut by a crash, or of another account: as if there were none.
    return undefined;
  }
  if (typeof found?.name !== 'string' || typeof found.root !== 'string') return undefined;
  return { name: found.name, root: found.root, projects: found.projects ?? [], ports: found.ports ?? {} };
}

export function writeCheckout(root: string, checkout: Checkout): Promise<void> {
  const file = join(root, FILE);
  // The journal beside it is for this account only.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return writeWhole(file, 0o600, (output) => void output.write(`${JSON.stringify(checkout, null, 2)}\n`));
}

/** Where a checkout is in its repository. */
export interface Place {
  /** The name of the checkout's folder. */
  readonly folder: string;
  /** Whether it is a worktree that `git worktree add` has made. */
  readonly linked: boolean;
}

/** In a linked worktree, `.git` is a file that names a folder of the main one: `gitdir: /shop/.git/worktrees/feature` */
export function placeOf(root: string): Place {
  for (let at = root; at !== dirname(at); at = dirname(at)) {
    const git = join(at, '.git');
    if (!existsSync(git)) continue;
    return { folder: basename(at), linked: /^gitdir: .*[/\\]worktrees[/\\]/.test(textOf(git)) };
  }
  return { folder: basename(root), linked: false };
}

function textOf(file: string): string {
  try {
    return readTextIfThere(file) ?? '';
  } catch {
    // A folder: the main worktree, or a clone.
    return '';
  }
}

/** The registry with the names that its local environments have in this checkout. */
export function inCheckout(root: string, registry: Registry, { name, ports }: Checkout): Registry {
  if (name === '') return registry;
  const environments = Object.entries(registry.environments).map(
    ([environment, entry]): [string, EnvironmentEntry] => {
      if (!isPerCheckout(entry) || entry.checkout) return [environment, entry];
      const own = ownComposeFile(environment);
      const files = [
        ...namesOf(root, registry, environment).composeFiles,
        ...(isThere(join(root, own)) ? [own] : []),
      ];
      return [
        environment,
        {
          ...entry,
          project: `${entry.project ?? environment}-${name}`,
          composeFile: files,
          checkout: { name, ports: ports[environment] ?? {} },
        },
      ];
    },
  );
  return { ...registry, environments: Object.fromEntries(environments) };
}
