import type { DatabaseIdentity } from '../stack/identity.ts';
import { onceItAnswers } from '../database/once-it-answers.ts';
import { refuseStandby } from '../database/recovery.ts';
import { withWallOpen } from '../database/wall.ts';
import { FailedError } from '../errors.ts';
import type { Plan } from '../stack/alembic/report.ts';
import { failed } from './failed.ts';
import { givingWay, othersWait } from './give-way.ts';
import { sayDifference } from './difference.ts';
import { hasLanded, readLanding } from './landing.ts';
import type { AlembicOptions, AlembicResult } from '../stack/alembic/run-alembic.ts';
import type { Sources } from '../stack/alembic/sources.ts';
import type { Rehearsal } from '../stack/alembic/rehearsal.ts';
import type { StackRun } from '../run/run.ts';
import { whileUnfinished } from '../system/unfinished.ts';
import type { Giving } from '../parameters/parameter.ts';

/** A run of a task that runs Alembic. */
export type AlembicRun = StackRun<Giving<{ ALEMBIC_INI: string | undefined }>>;

/** The same with REV, a revision. */
export type RevisionRun = StackRun<Giving<{ ALEMBIC_INI: string | undefined; REV: string }>>;

interface Way {
  /** Whether it changes something: a dry run only prints it. */
  readonly changes: boolean;
  /** Whether it takes the database to other revisions, which is checked afterwards. */
  readonly leads?: boolean;
  /** The database that the guard has shown. */
  readonly shown?: DatabaseIdentity | undefined;
  /** The revisions that the guard has shown: no other one may run. */
  readonly revisions?: readonly string[] | undefined;
  /** Called with the revisions that are about to run. */
  readonly onPending?: AlembicOptions['onPending'];
  /** What was rehearsed: the first statement that differs is not sent. */
  readonly rehearsal?: Rehearsal | undefined;
  /** Hears what it was made of. `also`: other files whose content is told. */
  readonly sources?:
    { readonly also: readonly string[]; readonly onSources: (read: Sources) => void } | undefined;
  /** The command to run again after a failure; by default the task's own. */
  readonly again?: string | undefined;
}

/**
 * Runs Alembic and streams its output.
 *
 * @returns undefined in a dry run
 * @throws FailedError if Alembic fails, or if `leads` and the database is not at the planned revisions afterwards
 */
export async function alembic(
  run: AlembicRun,
  { changes, leads = false, shown, again, revisions, onPending, rehearsal, sources }: Way,
  ...args: string[]
): Promise<AlembicResult | undefined> {
  const { stack, environment, values, actor, command } = run;
  const { ALEMBIC_INI: ini } = values;
  const action = async (): Promise<AlembicResult> => {
    // Alembic commits after each migration, so an interrupted run leaves the last complete revision.
    const where = `the database at the last revision that was finished (${command('al-cur-env', { ENV: environment.name })})`;
    const limit = leads ? othersWait(environment.entry) : undefined;
    const attempt = (): Promise<AlembicResult> =>
      stack.alembic(args, {
        ini,
        shown,
        foldTraceback: true,
        othersWait: limit,
        revisions,
        onPending,
        rehearsed: rehearsal,
        trace: sources && { also: sources.also },
      });
    const line = again ?? command(run.task.name, { ENV: environment.name });
    const migrating = (): Promise<AlembicResult> => givingWay(run, attempt, args.at(-1)!, line);
    const result = await whileUnfinished(where, () => (changes ? withWallOpen(run, migrating) : migrating()));
    if (rehearsal) await sayDifference(run, result, rehearsal);
    if (result.status !== 0) throw await failed(run, result, args, again);
    if (leads) await makeSureItLanded(run, result.plans, again);
    if (result.sources) sources?.onSources(result.sources);
    return result;
  };
  return changes ? actor.act(`alembic ${args.join(' ')}`, action) : action();
}

/**
 * Checks in our own session that the database is at the revisions that Alembic planned. An env.py may ignore an error,
 * or do something else than migrate.
 *
 * @throws FailedError if it is not
 */
export async function makeSureItLanded(
  run: StackRun,
  plans: readonly Plan[] = [],
  again = run.command(run.task.name, { ENV: run.environment.name }),
): Promise<void> {
  const { stack } = run;
  const { name } = stack.database;
  const hint = `see what env.py does with an error, then: ${again}`;
  if (plans.length === 0)
    throw new FailedError(`alembic ended well, and did not come to the migrations of ${name}`, { hint });
  for (const plan of plans) {
    // On the primary that there is by now: what an earlier one has taken may be lost with it.
    const landing = await onceItAnswers(run, () =>
      stack.withClient(name, async (client) => {
        await refuseStandby(client);
        return readLanding(client, plan);
      }),
    );
    if (hasLanded(landing)) continue;
    const at = landing.found.map((held) => held.join(', ') || 'no revision').join(' or ') || 'no revision';
    const planned = landing.planned.join(', ') || 'no revision';
    throw new FailedError(`alembic ended well, but ${name} is at ${at}, and not at ${planned}`, { hint });
  }
}

/** With several heads on purpose, `head` is ambiguous for Alembic. */
export const targetOf = ({ registry }: AlembicRun, revision: string): string =>
  revision === 'head' && registry.severalHeads ? 'heads' : revision;

/**
 * Upgrades the database to a revision.
 *
 * @param again the command that continues after a failure, if it is not the task's own
 * @param how what a person was shown
 * @returns how many migrations were run
 */
export async function migrate(
  run: AlembicRun,
  revision: string,
  again?: string,
  how: Pick<Way, 'shown' | 'revisions' | 'onPending' | 'rehearsal' | 'sources'> = {},
): Promise<number> {
  const way = { changes: true, leads: true, again, ...how };
  const result = await alembic(run, way, 'upgrade', targetOf(run, revision));
  return (result?.plans ?? []).reduce((all, { steps }) => all + steps, 0);
}

/**
 * The revisions in the version tables that Alembic uses, read in our own session.
 *
 * @throws FailedError if they differ from what Alembic has reported
 */
export async function readLanded(run: StackRun, plans: readonly Plan[]): Promise<string[]> {
  await makeSureItLanded(run, plans);
  return [...new Set(plans.flatMap(({ plan }) => plan))].sort();
}
