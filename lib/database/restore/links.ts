import type { Entry } from '../../archive/toc.ts';

/** An entry of an archive, as far as others hang on it. */
export interface Link {
  readonly id: number;
  /** The extension that it makes. */
  readonly extension?: string;
  readonly dependencies: readonly number[];
}

export const linksIn = (entries: readonly Entry[]): Link[] =>
  entries.map(({ id, kind, name, dependencies }) => ({
    ...{ id, dependencies },
    ...(kind === 'EXTENSION' ? { extension: name } : {}),
  }));

/** The entries of extensions, and all that hangs on them. The list is in the order of its dependencies. */
export function hangingOn(links: readonly Link[], extensions: ReadonlySet<string>): ReadonlySet<number> {
  const found = new Set<number>();
  if (extensions.size === 0) return found;
  for (const { id, extension, dependencies } of links)
    if ((extension !== undefined && extensions.has(extension)) || dependencies.some((one) => found.has(one)))
      found.add(id);
  return found;
}
