import { applyRoles, rolesScript } from '../database/db-bootstrap-roles.ts';
import { ensureMarker } from '../database/marker.ts';
import type { DatabaseIdentity } from '../stack/identity.ts';
import { describeRevisions, missingHeads, readCertainRevisions } from '../database/revisions.ts';
import { FailedError } from '../errors.ts';
import type { Plan } from '../stack/alembic/binding.ts';
import { databaseFirst } from './database-first.ts';
import { failed } from './failed.ts';
import { hasLanded, readLanding } from './landing.ts';
import type { AlembicResult } from '../stack/alembic/run-alembic.ts';
import type { StackRun } from '../run/run.ts';
import { whileUnfinished } from '../system/unfinished.ts';

/** What a destructive task has of its guard; the short forms pass none. */
interface Shown {
  readonly identity?: DatabaseIdentity | undefined;
}

interface Way {
  /** Whether a dry run leaves it out. */
  readonly changes: boolean;
  /** Whether it leads the database to another revision, and is done only when the database is there. */
  readonly leads?: boolean;
  /** The database that the guard has shown. */
  readonly shown?: DatabaseIdentity | undefined;
  /** The line that does it again; the task's own by default. */
  readonly again?: string | undefined;
}

/** Runs alembic, its output streamed as it comes, its status kept; undefined in a dry run. */
export async function alembic(
  run: StackRun,
  { changes, leads = false, shown, again }: Way,
  ...args: string[]
): Promise<AlembicResult | undefined> {
  const { stack, environment, values, actor, command } = run;
  const ini = values['ALEMBIC_INI'] as string | undefined;
  const deed = async (): Promise<AlembicResult> => {
    // Each migration is a transaction of its own.
    const where = `the database at the last revision that was finished (${command('al-cur-env', { ENV: environment.name })})`;
    const result = await whileUnfinished(where, () =>
      stack.alembic(args, { ini, shown, foldTraceback: true }),
    );
    if (result.status !== 0) throw await failed(run, result, args, again);
    if (leads) await makeSureItLanded(run, result.plans, again);
    return result;
  };
  return changes ? actor.act(`alembic ${args.join(' ')}`, deed) : deed();
}

/**
 * Looks with our own session whether the database is at the revisions that alembic was about to lead it to: an env.py may
 * have swallowed what failed, or have done something else than migrate.
 *
 * @throws FailedError when it is not
 */
async function makeSureItLanded(
  { stack, task, command, environment }: StackRun,
  plans: readonly Plan[] = [],
  again = command(task.name, { ENV: environment.name }),
): Promise<void> {
  const { name } = stack.database;
  const hint = `see what env.py does with an error, then: ${again}`;
  if (plans.length === 0)
    throw new FailedError(`alembic ended well, and did not come to the migrations of ${name}`, { hint });
  for (const plan of plans) {
    const landing = await stack.withClient(name, (client) => readLanding(client, plan));
    if (hasLanded(landing)) continue;
    const at = landing.found.map((held) => held.join(', ') || 'no revision').join(' or ') || 'no revision';
    const planned = landing.planned.join(', ') || 'no revision';
    throw new FailedError(`alembic ended well, but ${name} is at ${at}, and not at ${planned}`, { hint });
  }
}

/**
 * Roles, migrations, then the grants once more: migrations name the roles, and the schemas whose tables are granted
 * do not exist before.
 */
export async function upgrade(run: StackRun): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await databaseFirst(run, async () => {
    // Where Alembic would not be let in, it would say so in a traceback.
    await applyRoles(run, Promise.all([ensureMarker(run), actor.dryRun || run.stack.checkPassword()]));
    await applyRoles(run, migrate(run, values['REV'] as string));
  });
  if (actor.dryRun) return;
  const readable = rolesScript(run) === undefined ? '' : '; roles can read what was made';
  terminal.ok(`${environment.name}: migrated to ${String(values['REV'])}${readable}`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}

/**
 * @param again the line that goes on after a failure, where it is not the task's own
 * @returns how many revisions were run
 */
export async function migrate(run: StackRun, revision: string, again?: string): Promise<number> {
  // Of several heads there is no `head`.
  const to = revision === 'head' && run.registry.severalHeads ? 'heads' : revision;
  const result = await alembic(run, { changes: true, leads: true, again }, 'upgrade', to);
  return (result?.plans ?? []).reduce((all, { steps }) => all + steps, 0);
}

export async function downgrade(run: StackRun & Shown): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await alembic(
    run,
    { changes: true, leads: true, shown: run.identity },
    'downgrade',
    values['REV'] as string,
  );
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: downgraded (${String(values['REV'])})`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}

export async function stamp(run: StackRun & Shown): Promise<void> {
  const { environment, terminal, actor, values, command } = run;
  await alembic(run, { changes: true, leads: true, shown: run.identity }, 'stamp', values['REV'] as string);
  if (actor.dryRun) return;
  terminal.ok(`${environment.name}: marked as ${String(values['REV'])}; no table was changed`);
  terminal.next(command('al-cur-env', { ENV: environment.name }));
}

/**
 * Shows the current revision, and whether it is head.
 *
 * @throws FailedError with CHECK=1 unless it is
 */
export async function current(run: StackRun): Promise<void> {
  const { environment, stack, terminal, values, command } = run;
  const notAtHead = (why: string, next?: string): void => {
    if (values['CHECK'] === true) throw new FailedError(why, next === undefined ? {} : { hint: next });
    terminal.warn(why);
    if (next !== undefined) terminal.next(next);
  };
  const ini = values['ALEMBIC_INI'] as string | undefined;
  // Two starts of Python at the same time take little longer than one.
  const [now, heads] = await Promise.all([
    stack.alembic(['current'], { ini, foldTraceback: true }),
    stack.alembic(['heads'], { ini, quiet: true }),
  ]);
  if (now.status !== 0) throw await failed(run, now, ['current']);
  if (heads.status !== 0)
    throw new FailedError(`alembic heads failed: ${heads.stderr.trim()}`, { status: heads.status });
  const at = now.plans
    ? await readLanded(run, now.plans)
    : await stack.withClient(stack.database.name, readCertainRevisions);
  if (!at)
    return notAtHead(
      `whether ${environment.name} is at head cannot be said: its version table cannot be told, and neither can the database that alembic reached`,
    );
  const missing = missingHeads(at, heads.heads!.ends);
  if (at.length > 0 && missing.length === 0) {
    terminal.ok(`${environment.name} is at head (${at.join(', ')})`);
    terminal.next(command('db-dump-schema-env', { ENV: environment.name }));
  } else {
    notAtHead(
      `${environment.name} ${describeRevisions(at)}, not at head (${missing.join(', ')})`,
      command('al-up-env', { ENV: environment.name }),
    );
  }
}

/**
 * The revisions in the version tables that alembic reads, as our own session finds them there.
 *
 * @throws FailedError when it finds others than alembic has
 */
export async function readLanded(run: StackRun, plans: readonly Plan[]): Promise<string[]> {
  await makeSureItLanded(run, plans);
  return [...new Set(plans.flatMap(({ plan }) => plan))].sort();
}

export const history = async (run: StackRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'history'));
export const heads = async (run: StackRun): Promise<void> =>
  void (await alembic(run, { changes: false }, 'heads'));
