import { createHash } from 'node:crypto';
import type { Mark } from '../../database/replace/names.ts';
import type { Sources } from '../../stack/alembic/sources.ts';

/** Changes when a version of makesafe makes a database in another way. */
const FORMAT = 1;

/** All that decides what a rebuild from nothing makes, as far as it can be known. */
export interface Recipe {
  /** Paths below the root of the checkout are relative to it. */
  readonly sources: Sources;
  /** Server, attributes of the database, scripts, variables: any value that JSON can say. */
  readonly rest: object;
  /** Owner, settings, privileges and comment of the database: all that is not in a file. */
  readonly attributes?: object;
  /** SHA-256 of the seed that runs behind all revisions, if it is a file. */
  readonly seed?: string | undefined;
}

/**
 * The key of what a recipe makes; undefined if a file was changed while it was read, or is not there.
 *
 * @param late files that revisions read while they ran
 * @param without revisions that do not belong to it
 */
export function keyOf(
  { sources, rest, attributes }: Recipe,
  late: readonly string[],
  without: ReadonlySet<string> = new Set(),
): string | undefined {
  const { contents, early, revisions } = sources;
  const left = new Set(revisions.filter(({ id }) => without.has(id)).map(({ path }) => path));
  const paths = [...new Set([...early, ...late])].filter((path) => !left.has(path)).sort();
  const files = paths.map((path) => [path, contents[path]]);
  if (files.some(([, hash]) => typeof hash !== 'string')) return undefined;
  const text = JSON.stringify([FORMAT, files, rest, attributes]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * The revisions that a made database lacks to be what the recipe makes: none if it is that already; undefined if it was
 * made of something else. All that it lacks comes behind all that it has, so that the order is that of a run from nothing.
 */
export function lacking(
  { label, late = [], revisions: at = [], seed }: Pick<Mark, 'label' | 'late' | 'revisions' | 'seed'>,
  recipe: Recipe,
): readonly string[] | undefined {
  const { revisions } = recipe.sources;
  const after = new Map(revisions.map((one) => [one.id, one.after]));
  if (at.length === 0 || at.some((id) => !after.has(id))) return undefined;
  const before = (ids: readonly string[]): Set<string> => {
    const found = new Set(ids);
    for (const id of found) for (const earlier of after.get(id) ?? []) found.add(earlier);
    return found;
  };
  const had = before(at);
  const lacks = revisions.map(({ id }) => id).filter((id) => !had.has(id));
  const isBehind = (id: string): boolean => {
    const earlier = before([id]);
    return at.every((one) => earlier.has(one));
  };
  if (!lacks.every(isBehind)) return undefined;
  // From nothing, a seed finds the tables of the last revision, and no revision finds the rows of a seed.
  if (seed !== undefined && (seed !== recipe.seed || lacks.length > 0)) return undefined;
  return keyOf(recipe, late, new Set(lacks)) === label ? lacks : undefined;
}

/** The made database that lacks the fewest revisions, and then one with its seed. @param made the latest first */
export function bestOf<M extends { readonly mark: Mark }>(
  made: readonly M[],
  recipe: Recipe,
): { readonly made: M; readonly lacks: readonly string[] } | undefined {
  const fits = made.flatMap((one) => {
    const lacks = lacking(one.mark, recipe);
    return lacks ? [{ made: one, lacks }] : [];
  });
  const isBare = ({ made: { mark } }: (typeof fits)[number]): number => Number(mark.seed === undefined);
  return fits.sort((a, b) => a.lacks.length - b.lacks.length || isBare(a) - isBare(b))[0];
}
