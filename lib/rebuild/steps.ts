import { migrate } from '../alembic.ts';
import { applyRoles, rolesScript } from '../database/bootstrap-roles.ts';
import { ensureMarker } from '../database/marker.ts';
import { counted } from '../display.ts';
import { FailedError } from '../errors.ts';
import type { DestructiveRun } from '../task.ts';
import type { Ahead } from './ahead.ts';
import { STEP_NAMES, type StepName } from './parameters.ts';

/** What a step does, and what to say of it behind its name, in a few words. */
type Work = (run: DestructiveRun, ahead: Ahead) => Promise<string>;

const WORK: Readonly<Record<StepName, Work>> = {
  async reset(run, { images }) {
    const { stack, plan, target, values } = run;
    if (values['METHOD'] === 'db') {
      const { replaceDatabase } = await import('../database/swap.ts');
      const { kept } = await replaceDatabase(run, { what: 'reset' });
      return `database ${target.database} is new and empty${kept === undefined ? '' : `; the old one is ${kept}`}`;
    }
    await Promise.all([stack.destroy(plan, target), images()]);
    return `server and data of ${target.project} are gone`;
  },

  async up(run, { images, facts }) {
    const { stack, values } = run;
    await images();
    const meanwhile = (): void => {
      if (run.actor.dryRun) return;
      // Alembic takes most of a second to start: its heads are asked for while the server is made.
      facts.heads().catch(() => {});
      void import('../schema/verify.ts');
    };
    await stack.up({ build: false, timeout: values['TIMEOUT'] as number, meanwhile });
    if (!run.actor.dryRun) await Promise.all([ensureMarker(run), stack.checkPassword()]);
    return `database ${stack.database.name} answers`;
  },

  async bootstrap(run) {
    await applyRoles(run);
    return rolesScript(run) === undefined ? 'no script for roles' : 'roles are made';
  },

  async migrate(run, { facts, again }) {
    // Where nothing had to be started.
    if (!run.actor.dryRun) facts.heads().catch(() => {});
    const migrating = migrate(run, 'head', again);
    await applyRoles(run, migrating);
    const count = await migrating;
    // Alembic tells of each one only where alembic.ini has it log.
    const what = count === 0 ? 'upgraded to head' : counted(count, 'revision');
    return rolesScript(run) === undefined ? what : `${what}; the roles can read what was made`;
  },

  async current({ actor }, { facts }) {
    if (actor.dryRun) {
      await actor.act('SELECT version_num FROM alembic_version; alembic heads', () => Promise.resolve());
      return '';
    }
    const [at, heads] = await Promise.all([facts.current(), facts.heads()]);
    const missing = heads.filter((id) => !at.includes(id));
    if (at.length === 0 || missing.length > 0) {
      throw new FailedError(
        `the database is at ${at.join(', ') || 'no revision'}, and head is ${heads.join(', ')}`,
      );
    }
    return `${at.join(', ')} (head)`;
  },

  async verify(run, { facts }) {
    const base = facts.baseName;
    await run.actor.act(`# as db-verify-env${base === undefined ? '' : ` BASE=${base}`}`, async () => {
      const { verifyFacts } = await import('../schema/verify.ts');
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
