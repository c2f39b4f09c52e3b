import { migrate, revisionIds } from '../alembic.ts';
import { applyRoles } from '../database/bootstrap-roles.ts';
import { readRevisions } from '../database/contents.ts';
import { ensureMarker } from '../database/marker.ts';
import { FailedError } from '../errors.ts';
import type { DestructiveRun } from '../task.ts';

/** One step of the runbook. */
export interface Step {
  readonly name: string;
  /** @returns what to say of it behind its name, in a few words */
  readonly work: (run: DestructiveRun, ahead: Ahead) => Promise<string>;
}

/** What was begun early, because it waits for nothing that an earlier step changes. */
export interface Ahead {
  /** Images built, where the environment builds its own. */
  readonly images: () => Promise<void>;
  /** Revisions that no other one follows. */
  readonly heads: () => Promise<readonly string[]>;
}

const reset: Step = {
  name: 'reset',
  async work(run, { images }) {
    const { stack, target, values } = run;
    if (values['METHOD'] === 'db') {
      const { replaceDatabase } = await import('../database/swap.ts');
      const { kept } = await replaceDatabase(run, { what: 'reset' });
      return `database ${target.database} is new and empty${kept === undefined ? '' : `; the old one is ${kept}`}`;
    }
    await Promise.all([stack.destroy(target), images()]);
    return `server and data of ${target.project} are gone`;
  },
};

const up: Step = {
  name: 'up',
  async work(run, { images }) {
    const { stack, values } = run;
    await images();
    await stack.up({ build: false, timeout: values['TIMEOUT'] as number });
    await ensureMarker(run);
    return `database ${stack.database.name} answers`;
  },
};

const bootstrap: Step = {
  name: 'bootstrap',
  async work(run) {
    await applyRoles(run);
    return 'roles are made';
  },
};

const migration: Step = {
  name: 'migrate',
  async work(run, { heads }) {
    // Alembic takes most of a second to start: its heads are asked for at the same time.
    if (!run.actor.dryRun) heads().catch(() => {});
    const count = await migrate(run, 'head');
    await applyRoles(run);
    return `${count} revision${count === 1 ? '' : 's'}; the roles can read what was made`;
  },
};

const current: Step = {
  name: 'current',
  async work({ stack, actor }, { heads }) {
    if (actor.dryRun)
      return actor.act('alembic current; alembic heads', () => Promise.resolve('')).then(String);
    const [at, all] = await Promise.all([stack.withClient(stack.database.name, readRevisions), heads()]);
    const missing = all.filter((id) => !at.includes(id));
    if (at.length === 0 || missing.length > 0) {
      throw new FailedError(
        `the database is at ${at.join(', ') || 'no revision'}, and head is ${all.join(', ')}`,
      );
    }
    return `${at.join(', ')} (head)`;
  },
};

const verify: Step = {
  name: 'verify',
  async work(run) {
    const base = run.values['BASE'] as string | undefined;
    await run.actor.act(`# as db-verify-env${base === undefined ? '' : ` BASE=${base}`}`, async () => {
      const { verifyEnvironment } = await import('../schema/verify.ts');
      await verifyEnvironment(run);
    });
    return base === undefined ? 'as it should be' : `as it should be, and as ${base}`;
  },
};

/** The runbook. */
export const STEPS = [reset, up, bootstrap, migration, current, verify] as const;

/** What is begun early; each when it is first asked for, and once. */
export function beginAhead({ stack, environment, values }: DestructiveRun): Ahead {
  const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
    let begun: Promise<T> | undefined;
    return () => (begun ??= work());
  };
  return {
    images: once(async () => {
      if (environment.entry.local === true) await stack.build();
    }),
    heads: once(async () => {
      const ini = values['ALEMBIC_INI'] as string | undefined;
      const { status, stdout, stderr } = await stack.alembic(['heads'], { ini, quiet: true });
      if (status !== 0)
        throw new FailedError(`alembic heads failed (status ${status}): ${stderr.trim()}`, { status });
      return revisionIds(stdout);
    }),
  };
}
