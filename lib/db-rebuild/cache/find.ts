import { INVALID, stateOf, type Mark } from '../../database/replace/names.ts';
import { localTime } from '../../database/replace/leftovers.ts';
import type { Copied } from '../../database/replace/build.ts';
import { asFiles, findMade, findMadeElsewhere, type Saved } from '../../database/saves/saved.ts';
import { readSizeAndVersion } from '../../database/saves/copy-database.ts';
import { otherGlobals, readGlobals } from '../../database/globals.ts';
import { MakesafeError, RefusedError } from '../../errors.ts';
import { some } from '../../output/check-result.ts';
import { counted } from '../../output/display.ts';
import type { Heads } from '../../stack/alembic/heads.ts';
import type { Sources, TraceOptions } from '../../stack/alembic/sources.ts';
import { repositoryOf } from '../../environment/repository.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';
import type { RebuildRun } from '../parameters.ts';
import { seedHash } from '../seed.ts';
import { lookForFile } from './file/look.ts';
import type { MadeFile } from '../../database/saves/made-files.ts';
import { bestOf } from './fit.ts';
import { lateFile, readRecipe } from './recipe.ts';

/** What an earlier rebuild has made, and this one takes. */
export interface Found {
  /** The new database already: there is another one of its key. Undefined: there is only one, which is copied. */
  readonly ready: Saved | undefined;
  readonly copied: Copied;
  readonly key: string;
  /** SHA-256 of the seed whose rows are in it; undefined: none. */
  readonly seed: string | undefined;
  /** Whether nothing runs on top of it. */
  readonly whole: boolean;
  /** The revisions that run on top of it. */
  readonly lacks: readonly string[];
  /** The revisions that it is at. */
  readonly revisions: readonly string[];
  /** Files that its revisions have read while they ran. */
  readonly late: readonly string[];
  readonly file: Mark['file'];
  /** What of the stack runs already, if `up` has nothing to do. Undefined: it has, or something runs on top of it. */
  readonly running: readonly string[] | undefined;
  /** As they were when it was looked for; undefined if revisions still have to run. */
  readonly heads: Heads | undefined;
}

let found: Found | undefined;

/** What `lookForMade` has found, before the countdown. */
export const whatWasFound = (): Found | undefined => found;

/** Whether a rebuild takes what an earlier one has made, and keeps what it makes itself. */
export const isCached = ({ values, environment: { entry } }: RebuildRun): boolean =>
  !entry.protected && (values.CACHE ?? entry.local === true);

/** @throws RefusedError if CACHE=1 is typed for a protected environment */
export function refuseCache({ values, environment: { name, entry } }: RebuildRun): void {
  if (values.CACHE === true && entry.protected)
    throw new RefusedError(`${name} is protected: what is rebuilt there is made from nothing`, {
      hint: 'without CACHE=1',
    });
}

/**
 * What earlier rebuilds have made on this server, unchanged since; the own ones first, then those of other checkouts.
 * Nothing if it does not answer.
 */
export async function readMade(run: RebuildRun): Promise<Saved[]> {
  const { name } = run.stack.database;
  try {
    const made = await run.stack.withClient(maintenanceDatabase(name), async (client) => [
      ...(await findMade(client, name)),
      ...(await findMadeElsewhere(client, name, repositoryOf(run.root))),
    ]);
    return made.filter(({ wasOpened, connectionLimit }) => !wasOpened && connectionLimit !== INVALID);
  } catch (error) {
    if (error instanceof MakesafeError) return [];
    throw error;
  }
}

/** What alembic has to tell, so that these can be judged; undefined if there are none. */
export const traceFor = (
  { root }: RebuildRun,
  made: readonly { readonly mark: Mark }[],
): TraceOptions | undefined =>
  made.length === 0
    ? undefined
    : { also: made.flatMap(({ mark }) => mark.late ?? []).map((path) => lateFile(root, path)) };

/**
 * Finds the one that this rebuild takes, else a file of another checkout, and says so.
 *
 * @param sources what alembic reads now
 * @param running what of the stack runs already, if all of it does as it should
 */
export async function lookForMade(
  run: RebuildRun,
  { made, files }: { readonly made: readonly Saved[]; readonly files: readonly MadeFile[] },
  sources: Sources,
  heads: () => Promise<Heads>,
  running: Promise<readonly string[] | undefined> | undefined,
): Promise<void> {
  const { stack, terminal } = run;
  const { version, globals, recipe } = await stack.withClient(stack.database.name, async (client) => ({
    ...(await readSizeAndVersion(client)),
    globals: made.length === 0 ? [] : await readGlobals(client, stack.database.name),
    recipe: await readRecipe(run, client, sources),
  }));
  const seed = await seedHash(run);
  if (!recipe) return;
  const fits = made.filter(({ mark }) => otherGlobals(mark.globals, globals).length === 0);
  const best = bestOf(fits, { ...recipe, seed });
  if (!best) {
    const other = bestOf(made, { ...recipe, seed })?.made.mark;
    if (other)
      terminal.info(
        `what the rebuild of ${localTime(other.since)} has made of the same files is not taken: ${some(otherGlobals(other.globals, globals), 4)} of the server is gone, or another one`,
      );
    return lookForFile(run, files, { ...recipe, seed }, sources);
  }
  const { lacks } = best;
  const { mark } = best.made;
  const more = [
    ...(lacks.length > 0 ? [counted(lacks.length, 'new revision')] : []),
    ...(seed === mark.seed ? [] : ['the seed']),
  ];
  const isOwn = mark.of === stack.database.name;
  const same = fits.filter((one) => one.mark.of === mark.of && stateOf(one.mark) === stateOf(mark));
  const [ready, another] = [...same].sort((a, b) => (b.mark.copy ?? 0) - (a.mark.copy ?? 0));
  // A spare of another checkout is renamed by its next rebuild; the last one of a key is only copied.
  const { name, oid, comment, size } = isOwn ? best.made : (same.find((one) => one !== ready) ?? best.made);
  found = {
    ready: another && isOwn ? ready : undefined,
    copied: {
      ...{ name, oid, comment, systemIdentifier: run.identity?.systemIdentifier ?? null },
      asFiles: asFiles(size, version),
    },
    ...{
      key: mark.label!,
      seed: mark.seed,
      whole: more.length === 0,
      lacks,
      revisions: mark.revisions ?? [],
      late: mark.late ?? [],
      file: mark.file,
    },
    running: more.length === 0 ? await running : undefined,
    heads: lacks.length === 0 ? await heads() : undefined,
  };
  const then = more.length === 0 ? '' : `; ${more.join(' and ')} will run on top of it`;
  terminal.info(
    `what the rebuild of ${localTime(mark.since)}${isOwn ? '' : ` of database ${mark.of}`} has made of the same files is taken${then} (CACHE=0 makes it from nothing)`,
  );
}
