import type { Checkout, Place } from './checkout.ts';

/** What is known when a checkout is used for the first time. */
interface Known {
  readonly place: Place;
  /** The plain projects of its local environments. */
  readonly projects: readonly string[];
  /** The other checkouts of this account. */
  readonly others: readonly Checkout[];
  /** Of a project of the engine: which checkout made its containers; undefined if it has none. */
  readonly madeIn: (project: string) => 'here' | 'elsewhere' | undefined;
  /** Whether the engine has anything of a project: containers, volumes. */
  readonly exists: (project: string) => boolean;
}

/**
 * The name of a checkout; empty for the first one. A worktree that git has linked is never the first, unless the plain
 * project runs from it already.
 */
export function chooseName({ place, projects, others, madeIn, exists }: Known): string {
  const rivals = others.filter((other) => other.projects.some((project) => projects.includes(project)));
  const made = projects.map(madeIn);
  const isFirst =
    (!place.linked || made.includes('here')) &&
    !made.includes('elsewhere') &&
    rivals.every(({ name }) => name !== '');
  if (isFirst) return '';
  const isTaken = (name: string): boolean =>
    rivals.some((other) => other.name === name) ||
    projects.some((project) => exists(`${project}-${name}`) && madeIn(`${project}-${name}`) !== 'here');
  const wish = asName(place.folder);
  for (let count = 1; ; count++) {
    const name = count === 1 ? wish : `${wish}-${count}`;
    if (!isTaken(name)) return name;
  }
}

/** The most characters of a folder's name: a host name, which compose makes of a project's, may have 63 in all. */
const MOST = 24;

/** A folder's name with what a compose project's name may have. */
const asName = (folder: string): string =>
  folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, MOST)
    .replace(/-$/, '') || 'checkout';
