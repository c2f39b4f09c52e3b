import { migrate } from '../migrations/alembic.ts';
import { applyRoles, rolesScript } from '../database/db-bootstrap-roles.ts';
import { withRunLock } from '../database/run-lock.ts';
import { ensureMarker } from '../database/marker.ts';
import { counted } from '../output/display.ts';
import { FailedError } from '../errors.ts';
import type { Sources } from '../stack/alembic/sources.ts';
import type { Ahead } from './ahead.ts';
import { fromFile, seedOfFile } from './cache/file/take.ts';
import { isCached, whatWasFound } from './cache/find.ts';
import { keepMade, keepSeeded, nowCurrent } from './cache/keep.ts';
import { lateFile } from './cache/recipe.ts';
import { STEP_NAMES, type RebuildRun, type StepName } from './parameters.ts';
import { runSeed, seedOf } from './seed.ts';
import { missingHeads } from '../database/revisions.ts';

/** The work of a step. Resolves to a few words about the result, for the line of the step. */
type Work = (run: RebuildRun, ahead: Ahead) => Promise<string>;

/** A database that was made before is exchanged in a stack that goes on running. */
const runningAlready = ({ fromNothing }: Ahead): readonly string[] | undefined =>
  fromNothing ? whatWasFound()?.running : undefined;

const secondsSince = (began: number): number => Math.round((performance.now() - began) / 100) / 10;

const WORK: Readonly<Record<StepName, Work>> = {
  async reset(run, { images, hold }) {
    const { stack, plan, target, values } = run;
    if (values.METHOD === 'db') {
      const { replaceDatabase } = await import('../database/replace/swap.ts');
      const made = whatWasFound();
      // What migrates when it starts finds nothing to do in a database that lacks nothing.
      const held = made?.whole ? undefined : await hold();
      const how: Parameters<typeof replaceDatabase>[1] = made
        ? { what: 'rebuild', ready: made.ready, copied: made.copied }
        : { what: 'reset' };
      const { kept } = await replaceDatabase(run, how).catch(async (error: unknown) => {
        // The old database is unchanged, so the application can run again.
        await held?.letGo();
        throw error;
      });
      const now = made ? 'as a rebuild has made it before' : 'new and empty';
      return `database ${target.database} is ${now}${kept === undefined ? '' : `; the old one is ${kept}`}`;
    }
    await Promise.all([stack.destroy(plan, target), images()]);
    return `server and data of ${target.project} are gone`;
  },

  async up(run, ahead) {
    const { stack, values } = run;
    const { images, facts } = ahead;
    const running = runningAlready(ahead);
    // What runs already was made from the images that were built before the screen.
    if (!running) await images();
    // Alembic takes most of a second to start, and initdb takes longer: both run at the same time.
    const onStarted = (): void => void (run.actor.dryRun || facts.heads().catch(() => {}));
    // Only the database: an application that migrates when it starts would do so now.
    await stack.up({ build: false, timeout: values.TIMEOUT, onStarted, only: 'database', running });
    if (!run.actor.dryRun)
      await Promise.all([ensureMarker(run), running ? undefined : stack.checkPassword()]);
    return `database ${stack.database.name} answers`;
  },

  async bootstrap(run) {
    await applyRoles(run);
    return rolesScript(run) === undefined ? 'no script for roles' : 'roles are made';
  },

  async migrate(run, { facts, again, hold, fromNothing }) {
    const made = fromNothing ? whatWasFound() : undefined;
    if (made?.lacks.length === 0) {
      nowCurrent(made);
      await run.actor.act('SELECT version_num FROM alembic_version', async () => {
        const at = await facts.current();
        if (at.join() !== made.revisions.join())
          throw new FailedError(
            `the database is at ${at.join(', ')}, and was kept at ${made.revisions.join(', ')}`,
          );
      });
      return 'nothing to do';
    }
    await hold();
    const filed = fromNothing ? await fromFile(run) : undefined;
    if (filed?.whole) {
      const { sources, late: before, seconds, seed } = filed;
      if (!run.actor.dryRun) await keepMade(run, { sources, before, seconds, seed });
      return 'nothing to do: all is from the file';
    }
    // If `up` had nothing to start, Alembic starts here.
    if (!run.actor.dryRun) facts.heads().catch(() => {});
    // Again: the server may have been made anew, and the lock went with the old one.
    const traced = fromNothing && isCached(run);
    const late = made?.late ?? filed?.late ?? [];
    let sources: Sources | undefined;
    const how = traced && {
      also: late.map((path) => lateFile(run.root, path)),
      onSources: (read: Sources): void => void (sources = read),
    };
    let began = 0;
    const count = await withRunLock(run, { otherwise: 'wait' }, async () => {
      began = performance.now();
      const migrating = migrate(run, 'head', again, how ? { sources: how } : {});
      await applyRoles(run, migrating);
      return migrating;
    });
    const seconds = (made?.file?.seconds ?? filed?.seconds ?? 0) + secondsSince(began);
    if (sources) await keepMade(run, { sources, before: late, seconds });
    const what = `${count === 0 ? 'nothing to do' : counted(count, 'revision')}${filed?.note ?? ''}`;
    return rolesScript(run) === undefined ? what : `${what}; the roles can read what was made`;
  },

  async seed(run, { hold, fromNothing }) {
    const seed = seedOf(run)!;
    if (fromNothing && (whatWasFound()?.seed ?? seedOfFile()) !== undefined) return 'nothing to do';
    if (fromNothing && typeof seed === 'string') await hold();
    const began = performance.now();
    const hash = await runSeed(run, seed);
    if (fromNothing && hash !== undefined && isCached(run) && !run.actor.dryRun)
      await keepSeeded(run, hash, secondsSince(began));
    return typeof seed === 'string' ? `the rows of ${seed}` : seed.command;
  },

  async start({ stack, values }, ahead) {
    await stack.up({ build: false, timeout: values.TIMEOUT, running: runningAlready(ahead) });
    return 'all services are started';
  },

  async current({ actor }, { facts }) {
    if (actor.dryRun) {
      await actor.act('SELECT version_num FROM alembic_version; alembic heads', () => Promise.resolve());
      return '';
    }
    const [at, { ends }] = await Promise.all([facts.current(), facts.heads()]);
    const missing = missingHeads(at, ends);
    if (at.length === 0 || missing.length > 0) {
      throw new FailedError(
        `the database is at ${at.join(', ') || 'no revision'}, and head is ${ends.join(', ')}`,
      );
    }
    return `${at.join(', ')} (head)`;
  },

  async verify(run, { facts }) {
    const base = facts.baseName;
    await run.actor.act(`# as db-verify-env${base === undefined ? '' : ` BASE=${base}`}`, async () => {
      const { verifyFacts } = await import('../schema/verify/db-verify.ts');
      await verifyFacts(run, facts);
    });
    return base === undefined ? 'as it should be' : `as it should be, and as ${base}`;
  },
};

/** One step of the runbook. */
export interface Step {
  readonly name: StepName;
  readonly work: Work;
}

export const STEPS: readonly Step[] = STEP_NAMES.map((name) => ({ name, work: WORK[name] }));
