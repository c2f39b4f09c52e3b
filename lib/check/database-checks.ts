import { parseFailure } from '../migrations/failure.ts';
import { lookForLeftovers } from '../database/replace/interrupted.ts';
import { describeLeftovers } from '../database/replace/leftovers.ts';
import { readFiles } from '../database/saves/made-files.ts';
import { untilWhen } from '../database/replace/undo-limits.ts';
import { byteSize } from '../output/display.ts';
import { MakesafeError } from '../errors.ts';
import { failed, skipped, passed, warning, type Check } from '../output/check-result.ts';
import type { StackRun } from '../run/run.ts';
import type { AlembicRun } from '../migrations/alembic.ts';

/** What interrupted runs left behind, and what is kept on purpose. */
export const leftovers: Check<StackRun> = {
  name: 'leftovers',
  async look(run) {
    const { stack, environment, command } = run;
    const [stopped = [], found] = await Promise.all([
      stack.application?.leftStopped(),
      lookForLeftovers(run).catch((error: unknown) => {
        if (error instanceof MakesafeError) return undefined;
        throw error;
      }),
    ]);
    const env = { ENV: environment.name };
    const start = `${stopped.join(', ')}: a run has stopped it, and was ended before it started it again`;
    if (!found)
      return stopped.length > 0 ? failed(start, command('up', env)) : skipped('the server does not answer');
    const left = describeLeftovers(stack.database.name, found);
    if (stopped.length > 0) left.push(start);
    const kept = [
      ...found.kept.map(
        ({ name, mark }) => `${name} is kept${untilWhen({ since: new Date(mark.since) }, environment.entry)}`,
      ),
      ...found.saved.map(({ name }) => `${name} is saved`),
      ...found.spares.map(({ name }) => `${name} is kept for the next load`),
      ...found.made.map(({ name }) => `${name} is kept for the next rebuild`),
      ...readFiles(run).map(
        ({ path, size }) => `${path} (${byteSize(size)}) is kept for rebuilds in other checkouts`,
      ),
    ];
    if (left.length === 0) return passed(kept.join('; ') || 'none');
    const remedy = found.former ? command('db-drop-old-env', env) : command('up', env);
    return failed([...left, ...kept].join('; '), remedy);
  },
};

/** Whether the next container will find the data again. */
export const storageStays: Check<StackRun> = {
  name: 'storage',
  look: async ({ stack }) =>
    (await stack.lookAtStorage?.()) ?? skipped('the server is kept by somebody else'),
};

/** Whether Alembic runs and reaches this database, as al-up-env needs it. */
export const alembicRuns: Check<AlembicRun> = {
  name: 'alembic',
  async look({ stack, values, environment, command }) {
    const { ALEMBIC_INI: ini } = values;
    const { status, stdout, stderr } = await stack.alembic(['current'], { ini, quiet: true });
    if (status === 0) return passed(`runs, and is let into ${stack.database.name}`);
    const reason = parseFailure(stdout + stderr)?.message ?? stderr.trim().split('\n').at(-1);
    const line = command('al-cur-env', { ENV: environment.name });
    return failed(`alembic current failed (status ${status}): ${reason}`, `all that it says: ${line}`);
  },
};

/** Bytes: with less free space the next restore or migration may not fit. */
const LITTLE = 1e9;

/** Whether the server has space for another copy of the database. */
export const diskSpace: Check<StackRun> = {
  name: 'disk space',
  async look({ stack }) {
    const [folder, size] = await stack.withClient(stack.database.name, async (client) => {
      const { rows } = await client.query<{ folder: string; size: string }>(
        // Only some roles may read data_directory.
        `SELECT coalesce((SELECT setting FROM pg_settings WHERE name = 'data_directory'), '') AS folder,
           pg_database_size(current_database()) AS size`,
      );
      return [rows[0]!.folder, Number(rows[0]!.size)] as const;
    });
    const free = await stack.freeSpace(folder);
    if (free === undefined) return passed(`the database has ${byteSize(size)}; what is free is not known`);
    const found = `${byteSize(free)} free, the database has ${byteSize(size)}`;
    return free < Math.max(LITTLE, size)
      ? warning(`${found}: a restore may not fit`, 'make room where the server has its data')
      : passed(found);
  },
};
