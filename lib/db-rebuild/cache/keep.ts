import { otherGlobals, readGlobals } from '../../database/globals.ts';
import { ownAttributes, handOf } from '../../database/identity.ts';
import { withMaintenanceSession } from '../../database/maintenance.ts';
import type { Client } from 'pg';
import type { Hand } from '../../database/asserted.ts';
import type { Occasion } from '../../database/replace/close.ts';
import { drop } from '../../database/replace/leftovers.ts';
import { madeName, stateOf, type Mark } from '../../database/replace/names.ts';
import { findObstacles, listObstacles } from '../../database/replace/obstacles.ts';
import { settle } from '../../database/replace/swap.ts';
import { withRollback } from '../../database/replace/with-rollback.ts';
import { readCertainRevisions } from '../../database/revisions.ts';
import { copyDatabase, readSizeAndVersion } from '../../database/saves/copy-database.ts';
import { limitsOf } from '../../database/saves/limits.ts';
import { notCopied } from '../../database/saves/not-copied.ts';
import { findMade, findMadeElsewhere, findSaved, sizeOfAll, type Saved } from '../../database/saves/saved.ts';
import { surplus } from '../../database/saves/surplus.ts';
import { copyClosed } from '../../database/saves/spare.ts';
import { messageOf } from '../../errors.ts';
import { byteSize } from '../../output/display.ts';
import type { Sources } from '../../stack/alembic/sources.ts';
import type { RebuildRun } from '../parameters.ts';
import { keyOf } from './fit.ts';
import { writeFiles } from './file/write.ts';
import { repositoryOf } from '../../environment/repository.ts';
import { attributesDigest, portable, readRecipe } from './recipe.ts';

/** What a copy is of. */
interface Made {
  readonly key: string;
  /** SHA-256 of the seed whose rows are in it; undefined: none. */
  readonly seed?: string | undefined;
  /** Files that its revisions have read while they ran. */
  readonly late: readonly string[];
  readonly file?: Mark['file'];
}

/** Why nothing is kept. It is said behind the [ok]: while a step runs, its lines are hidden. */
let whyNot: string | undefined;

/** What this run has kept or taken. */
let current: Made | undefined;

export const nowCurrent = (made: Made): void => void (current = made);

const markOf = ({ key, seed, late, file }: Made): Pick<Mark, 'label' | 'seed' | 'late' | 'file'> => ({
  label: key,
  seed,
  late,
  file,
});

const occasionNow = (): Occasion => ({ what: 'rebuild', since: new Date() });

interface JustMade {
  /** What alembic has read when it made it. */
  readonly sources: Sources;
  /** Files that the revisions of a copy below have read while they ran. */
  readonly before: readonly string[];
  /** What making it from nothing takes, with what a copy below has taken. */
  readonly seconds: number;
  /** SHA-256 of the seed whose rows are in it. */
  readonly seed?: string | undefined;
}

/**
 * Keeps a copy of what this run has made, for the next one. If that is not possible, the rebuild goes on, and `tidyMade`
 * says why.
 */
export const keepMade = (run: RebuildRun, { sources, before, seconds, seed }: JustMade): Promise<void> =>
  keep(run, async (client) => {
    const recipe = await readRecipe(run, client, sources);
    const late = [...new Set([...before, ...(recipe?.sources.late ?? [])])];
    const key = recipe && keyOf(recipe, late);
    const label = recipe && keyOf(portable(recipe), late);
    if (key === undefined || label === undefined) return undefined;
    const attributes = attributesDigest(await ownAttributes(run, client));
    return { key, late, seed, file: { label, attributes, seconds } };
  });

/**
 * Keeps a copy with the rows of the seed, beside the one without them, if that one was kept: another seed and new
 * revisions go on top of that.
 *
 * @param took seconds of the seed
 */
export async function keepSeeded(run: RebuildRun, seed: string, took: number): Promise<void> {
  const of = current;
  if (!of) return;
  const file = of.file && { ...of.file, seconds: (of.file.seconds ?? 0) + took };
  await keep(run, () => Promise.resolve({ ...of, seed, file }));
}

async function keep(run: RebuildRun, tell: (client: Client) => Promise<Made | undefined>): Promise<void> {
  const { stack, environment, signal } = run;
  const { name } = stack.database;
  const not = (why: string): void => void (whyNot = why);
  const copy: Parameters<typeof withRollback>[1] = async (client, progress) => {
    const hand = await handOf(run, client);
    const own = await ownAttributes(run, client);
    const about = await hand.enter(name, async (inside) => ({
      ...(await readSizeAndVersion(inside)),
      revisions: await readCertainRevisions(inside),
    }));
    const of = await tell(client);
    if (!of || about.revisions === undefined)
      return not('a file of the migrations was changed while they ran');
    const repository = repositoryOf(run.root);
    const globals = await readGlobals(client, name);
    const made = { ...markOf(of), revisions: about.revisions, copy: 1, repository, globals };
    const mark = { kind: 'made' as const, ...made };
    const saved = await findSaved(client, name);
    if ((await dropStale(hand, name, mark)) === 'fits') return nowCurrent(of);
    const { bytes } = limitsOf(environment.entry);
    const together = sizeOfAll(saved) + about.size;
    if (together > bytes) return not(`it would take more than the ${byteSize(bytes)} of \`saves\``);
    const left = await notCopied(client, name);
    if (left.length > 0) return not(`a copy would lack ${left.join(', ')}`);
    const obstacles = await findObstacles(run, { bytes: about.size, stays: true });
    if (obstacles.length > 0) return not(listObstacles(obstacles));
    await settle(run, hand);
    progress.oid = own.oid;
    await copyDatabase(run, hand, own, occasionNow(), about, progress, {
      name: madeName(name, mark),
      mark,
    });
    nowCurrent(of);
  };
  try {
    await withRollback(run, copy, true);
  } catch (error) {
    signal.throwIfAborted();
    not(messageOf(error));
  }
}

/** Drops what was kept of the same state with other globals: it is no longer what a run from nothing makes. */
async function dropStale(
  hand: Hand,
  name: string,
  mark: Pick<Mark, 'label' | 'seed'> & { readonly globals: readonly string[] },
): Promise<'fits' | 'none'> {
  const same = (await findMade(hand.client, name)).filter((one) => stateOf(one.mark) === stateOf(mark));
  const stale = same.filter((one) => otherGlobals(one.mark.globals, mark.globals).length > 0);
  for (const one of stale) await drop(one, hand);
  return stale.length < same.length ? 'fits' : 'none';
}

/**
 * Behind the [ok]: makes a spare copy of what this run has kept or taken, so that the next one only renames it, and
 * removes what is too old or too much. Warns if that is not possible.
 */
export async function tidyMade(run: RebuildRun): Promise<void> {
  const { stack, environment, terminal, signal } = run;
  const { name } = stack.database;
  if (whyNot !== undefined) terminal.info(`not kept for the next rebuild: ${whyNot}`);
  let all: readonly Saved[] = [];
  try {
    await withMaintenanceSession(run, async (client) => {
      const hand = await handOf(run, client);
      const state = current && markOf(current);
      const saved = sizeOfAll(await findSaved(client, name));
      all = await findMade(client, name);
      const gone = surplus(all, { ...limitsOf(environment.entry), saved, current: state, now: Date.now() });
      for (const one of gone) await drop(one, hand);
      const left = all.filter((one) => !gone.includes(one) && state && stateOf(one.mark) === stateOf(state));
      const [own, another] = left;
      const made = own ?? (state && (await ofOthers(run, client, state)));
      const needed = (own ? 2 : 1) * (made?.size ?? 0);
      if (!made || another || saved + needed > limitsOf(environment.entry).bytes) return;
      const next = { ...made.mark, of: name, copy: (own?.mark.copy ?? 0) + 1 };
      await copyClosed(run, hand, made, occasionNow(), {}, { name: madeName(name, next), mark: next });
    });
  } catch (error) {
    signal.throwIfAborted();
    terminal.warn(`no spare copy was made for the next rebuild: ${messageOf(error)}`);
  }
  await writeFiles(
    run,
    all.filter(({ mark }) => mark.label === current?.key),
  );
}

/** The same state, made by another checkout: from then on this one has its own. */
async function ofOthers(
  run: RebuildRun,
  client: Client,
  state: Pick<Mark, 'label' | 'seed'>,
): Promise<Saved | undefined> {
  const found = await findMadeElsewhere(client, run.stack.database.name, repositoryOf(run.root));
  return found.find((one) => !one.wasOpened && stateOf(one.mark) === stateOf(state));
}
