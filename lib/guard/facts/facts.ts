import { readContents, readIdentity, readServer, type Contents } from '../../database/contents.ts';
import type { CanonicalName } from '../../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../../environment/entry.ts';
import { messageOf } from '../../errors.ts';
import { readFootprints } from '../../stack/footprint.ts';
import type { Footprint } from '../../stack/claims.ts';
import { NOTHING, type Plan } from '../../stack/plan.ts';
import type { Target } from '../../stack/stack.ts';
import { neededOf, type Needed } from './needed.ts';
import type { Run, StackRun, DestructiveRun } from '../../run/run.ts';
import { readJournals } from '../record/entries.ts';
import { lastKnown } from './last-known.ts';
import { findOverlaps, type Overlap } from './overlap.ts';
import { ofAnyTask } from '../../run/open-environment.ts';

/** All that the checks look at. */
export interface Facts {
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly target: Target;
  /** Undefined while the server is stopped, or does not let us in. */
  readonly contents: Contents | undefined;
  /** The environments that the databases of the server are marked for, as far as it could be asked. */
  readonly markers: Readonly<Record<string, string>> | undefined;
  /** Why the running server could not be read. */
  readonly unread: string | undefined;
  readonly overlaps: readonly Overlap[];
  /** Environments whose configuration cannot be read here, and why. */
  readonly unknown: readonly Footprint[];
  /** All that will be removed beside, or together with, the database. */
  readonly plan: Plan;
  /** What may not lie in it: the folder of backups, the journal, secrets, a file that is written. */
  readonly needed: readonly Needed[];
  /** The environment whose run last destroyed something in this storage, as the journal has it. */
  readonly journalled: string | undefined;
}

/** What the environments of the registry claim. Compose takes its time for each: begun before anything else is opened. */
export function readNeighbours(run: Run, { name }: CanonicalName): Promise<Footprint[]> {
  const { root, registry, terminal } = run;
  const own = { name, databaseService: ofAnyTask(run).PG_SERVICE };
  const neighbours = readFootprints(root, registry, own, terminal.redactor);
  // What is wrong with the environment itself is said first.
  neighbours.catch(() => {});
  return neighbours;
}

/**
 * Asks the engine, the server and the journal, each at the same time.
 *
 * @param seen what the person has seen: its contents are looked at no more, only whose they are
 */
export async function gatherFacts(
  run: StackRun,
  environment: CanonicalName,
  neighbours: () => Promise<readonly Footprint[]>,
  seen?: Facts,
): Promise<Facts> {
  const { stack, root } = run;
  const server = askServer(run, seen?.contents);
  const found = stack.target(
    server.then(({ dataDirectory }) => dataDirectory ?? undefined),
    seen?.target,
  );
  const removes = run.task.definition.destructive?.removesStorage?.(run.values) === true;
  const [target, plan, { contents, markers, unread }, footprints] = await Promise.all([
    found,
    removes ? found.then((target) => stack.plan(target)) : NOTHING,
    server,
    neighbours(),
  ]);
  return {
    ...{ environment, entry: run.environment.entry, target, contents, markers, unread, plan },
    needed: neededOf(run),
    overlaps: findOverlaps(environment.name, footprints, target, plan),
    unknown: footprints.filter((one) => one.unread !== undefined && one.environment !== environment.name),
    journalled: lastKnown(readJournals(root), target, contents),
  };
}

type Answer = Pick<Facts, 'contents' | 'markers' | 'unread'> & { readonly dataDirectory?: string | null };

async function askServer({ stack }: StackRun, seen: Contents | undefined): Promise<Answer> {
  try {
    const contents = await stack.withClient(stack.database.name, async (client) =>
      seen ? { ...seen, ...(await readIdentity(client)) } : readContents(client),
    );
    const { dataDirectory, markers } = contents;
    return { contents, dataDirectory, markers, unread: undefined };
  } catch (error) {
    // The database may be missing and its neighbours there.
    const server = await stack.withClient('postgres', readServer).catch(() => undefined);
    return { contents: undefined, markers: undefined, ...server, unread: messageOf(error) };
  }
}

/** What goes through the gate: the run, as the person saw it and as it still is. */
export type Passed = DestructiveRun & { readonly facts: Facts };
