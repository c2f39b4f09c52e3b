import type { TocEntry } from '../toc.ts';

/** An entry of an archive and its dependencies. */
export interface Link {
  readonly id: number;
  /** The extension that it creates. */
  readonly extension?: string;
  readonly dependencies: readonly number[];
  /** Whether it is about an object that the archive does not create: a part of an extension, or of the server. */
  readonly orphan: boolean;
}

/** The dependencies between the entries of an archive, in their order. */
export function linksIn(entries: readonly TocEntry[]): Link[] {
  const named = new Set(entries.map(({ kind, schema, name }) => `${kind} ${schema}.${name}`));
  const ids = new Set(entries.map(({ id }) => id));
  const isOrphan = ({ kind, schema, name, dependencies }: TocEntry): boolean => {
    if (kind === 'TABLE DATA') return !named.has(`TABLE ${schema}.${name}`);
    if (kind === 'SEQUENCE SET') return !named.has(`SEQUENCE ${schema}.${name}`);
    return kind === 'ACL' && !dependencies.some((id) => ids.has(id));
  };
  return entries.map((entry) => ({
    ...{ id: entry.id, dependencies: entry.dependencies, orphan: isOrphan(entry) },
    ...(entry.kind === 'EXTENSION' ? { extension: entry.name } : {}),
  }));
}

/**
 * The entries of these extensions, all entries that depend on them, and orphans. Requires `links` in dependency order,
 * as pg_dump writes them.
 */
export function hangingOn(links: readonly Link[], extensions: ReadonlySet<string>): ReadonlySet<number> {
  const found = new Set<number>();
  if (extensions.size === 0) return found;
  for (const { id, extension, dependencies, orphan } of links)
    if (
      orphan ||
      (extension !== undefined && extensions.has(extension)) ||
      dependencies.some((one) => found.has(one))
    )
      found.add(id);
  return found;
}
