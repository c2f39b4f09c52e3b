import type { MigrationsRun } from '../../migrations/on-scratch.ts';
import type { Models, Step, WalkedRevision } from '../../stack/alembic/walk.ts';
import type { StepFailure } from './failure.ts';
import { withWalk, type Reached } from './from-nothing.ts';

/** A revision that failed on its way. */
export interface FailedStep extends StepFailure {
  readonly doing: Step['doing'];
}

export interface Walked {
  /** Undefined if alembic failed before it read them. */
  readonly heads: readonly string[] | undefined;
  readonly revisions: readonly WalkedRevision[];
  /** Of each revision that could not go down, or not up again. */
  readonly failed: readonly FailedStep[];
  /** The schema at the end, or why the walk did not come so far. */
  readonly reached: Reached;
  /** Null without models; undefined if the walk did not come to an end. */
  readonly models: Models | null | undefined;
}

/** After this many failed revisions the walk ends: something is wrong with all of them. */
export const MOST = 10;

/**
 * Goes up, down and up again with each revision. When a revision fails on its way down or up again, begins anew on
 * another server, where it only goes up with that one: what comes after it is looked at as well.
 */
export async function walkOver(run: MigrationsRun): Promise<Walked> {
  const revisions: WalkedRevision[] = [];
  const failed: FailedStep[] = [];
  let heads: Walked['heads'];
  const onStep = showing(run);
  for (;;) {
    const upOnly = failed.flatMap(({ revision }) => revision ?? []);
    const from = revisions.at(-1)?.revision;
    const { result, reached } = await withWalk(run, { from, upOnly, onStep });
    heads ??= result?.heads?.heads;
    revisions.push(...(result?.walk?.revisions ?? []));
    const seen = { heads, revisions, failed, reached };
    if ('side' in reached) return { ...seen, models: result?.walk?.models };
    const { revision: at = null, doing = 'up' } = result?.walk?.last ?? {};
    const isOnItsWay = at !== null && (doing === 'down' || doing === 'up again');
    if (!isOnItsWay || failed.length === MOST) return { ...seen, models: undefined };
    failed.push({ ...reached.failure, revision: at, doing });
  }
}

/** Milliseconds between two lines of progress: on a terminal, where a line replaces the last one, and in a log. */
const [WATCHED, LOGGED] = [100, 5_000];

/** Shows how far a walk is. @param how `with rows` */
export function showing({ terminal }: MigrationsRun, how = ''): (step: Step) => void {
  let shown = performance.now();
  return ({ number, of, revision, doing }) => {
    const now = performance.now();
    if (now - shown < (terminal.interactive ? WATCHED : LOGGED)) return;
    shown = now;
    terminal.progress(
      revision === null
        ? 'comparing the models'
        : `revision ${number} of ${of}: ${revision}, ${doing}${how && ` ${how}`}`,
    );
  };
}
