import { readContents, readIdentity, readServer, type Contents } from '../../database/contents.ts';
import { findLeftovers, type Marked } from '../../database/replace/leftovers.ts';
import type { CanonicalName } from '../../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../../environment/entry.ts';
import { messageOf } from '../../errors.ts';
import { readResources } from '../../stack/read-resources.ts';
import type { Resources } from '../../stack/resources.ts';
import { readHeld } from '../../stack/postgres/wall.ts';
import { NOTHING, type Plan } from '../../stack/plan.ts';
import type { Target } from '../../stack/stack.ts';
import { neededOf, type Needed } from './needed.ts';
import type { Run, StackRun, DestructiveRun } from '../../run/run.ts';
import { readJournals } from '../record/entries.ts';
import { lastKnown } from './last-known.ts';
import { findOverlaps, type Overlap } from './overlap.ts';
import { ofAnyTask } from '../../run/open-environment.ts';

/** All facts that the checks use. */
export interface GuardFacts {
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly target: Target;
  /** Undefined if the server is stopped or refuses the login. */
  readonly contents: Contents | undefined;
  /** Database name to the environment that it is marked for; undefined if the server could not be asked. */
  readonly markers: Readonly<Record<string, string>> | undefined;
  /** Old databases of it that are kept for `db-undo-env`, the latest first. */
  readonly kept: readonly Pick<Marked, 'name' | 'mark'>[];
  /** Why a running server could not be read. */
  readonly unread: string | undefined;
  readonly overlaps: readonly Overlap[];
  /** Environments whose configuration cannot be read here, and why. */
  readonly unknown: readonly Resources[];
  /** All that will be removed in addition to the database. */
  readonly plan: Plan;
  /** Files and folders that must not lie in what is removed: backups, journal, secrets, output files. */
  readonly needed: readonly Needed[];
  /** Whether a wall stands where the registry protects nothing: the environment was protected. */
  readonly walled: boolean;
  /** The environment that, by the journal, last destroyed something in this storage. */
  readonly journalled: string | undefined;
}

/** Reads which resources the environments of the registry use. Compose is slow, so callers start this first. */
export function readNeighbours(run: Run, { name }: CanonicalName): Promise<Resources[]> {
  const { root, registry, terminal } = run;
  const own = { name, databaseService: ofAnyTask(run).PG_SERVICE };
  const neighbours = readResources(root, registry, own, terminal.redactor);
  // Avoids an unhandled rejection: a problem of this environment itself is reported first.
  neighbours.catch(() => {});
  return neighbours;
}

/**
 * Asks the engine, the server and the journal, at the same time.
 *
 * @param seen the facts that the person saw: then only the database's identity is read, not its contents
 */
export async function gatherFacts(
  run: StackRun,
  environment: CanonicalName,
  neighbours: () => Promise<readonly Resources[]>,
  seen?: GuardFacts,
): Promise<GuardFacts> {
  const { stack, root } = run;
  const asksWall = !run.environment.entry.protected && run.task.definition.destructive?.endsWall !== true;
  const server = askServer(run, seen, asksWall);
  const found = stack.target(
    server.then(({ dataDirectory }) => dataDirectory ?? undefined),
    seen?.target,
  );
  const removes = run.task.definition.destructive?.removesStorage?.(run.values) === true;
  const [target, plan, { contents, markers, kept, held, unread }, all, anchor] = await Promise.all([
    found,
    removes ? found.then((target) => stack.plan(target)) : NOTHING,
    server,
    neighbours(),
    asksWall ? stack.anchor?.look() : undefined,
  ]);
  return {
    ...{ environment, entry: run.environment.entry, target, contents, markers, kept, unread, plan },
    needed: neededOf(run),
    walled: held || (anchor?.held ?? []).length > 0,
    overlaps: findOverlaps(environment.name, all, target, plan),
    unknown: all.filter((one) => one.unread !== undefined && one.environment !== environment.name),
    journalled: lastKnown(readJournals(root), target, contents),
  };
}

type Answer = Pick<GuardFacts, 'contents' | 'markers' | 'kept' | 'unread'> & {
  readonly held: boolean;
  readonly dataDirectory?: string | null;
};

async function askServer(
  { stack }: StackRun,
  seen: GuardFacts | undefined,
  asksWall: boolean,
): Promise<Answer> {
  const { name } = stack.database;
  try {
    return await stack.withClient(name, async (client) => {
      const before = seen?.contents;
      const contents = before ? { ...before, ...(await readIdentity(client)) } : await readContents(client);
      const { kept } = before ? seen : await findLeftovers(client, name);
      const held = asksWall && (await readHeld(client, name));
      const { dataDirectory, markers } = contents;
      return { contents, dataDirectory, markers, kept, held, unread: undefined };
    });
  } catch (error) {
    // The database may be missing while the server runs.
    const server = await stack.withClient('postgres', readServer).catch(() => undefined);
    return {
      contents: undefined,
      markers: undefined,
      kept: [],
      held: false,
      ...server,
      unread: messageOf(error),
    };
  }
}

/** A run that passed the guard, with the facts that the person saw. */
export type Passed = DestructiveRun & { readonly facts: GuardFacts };
