import { beforeAll, describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { anotherCheckout, makeRepository, type Checkout } from '../helpers/second-checkout.ts';

/** `FILES=all` also says what a rebuild takes from nothing, and from what it has kept itself. */
const WHOLE = process.env['FILES'] === 'all';
const ENV = 'filed';
const LAST =
  'app/backend/core_api/migrations/alembic/versions/20251211_140000000_recreate_v_receive_weekly_monthly.py';
const rebuild = `db-rebuild-env ENV=${ENV} METHOD=db WAIT=0`;
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

describe.skipIf(inject('noEngine') !== '')('a second worktree on an engine', () => {
  const scratch = useScratch({
    only: [],
    environments: {
      [ENV]: {
        compose: databaseOnly({
          db: { ports: ['127.0.0.1:${PORT}:5432'], volumes: ['data:/var/lib/postgresql/data'] },
          volumes: { data: {} },
        }),
        env: { PORT: '5999' },
        entry: {
          ...{ local: true, application: false, rolesScript: false },
          alembicIni: 'app/backend/core_api/migrations/alembic.ini',
        },
      },
    },
  });
  let second: Checkout;

  beforeAll(async () => {
    // Only what takes longer than a file of it is written to one.
    const last = scratch.read(LAST);
    scratch.write(LAST, last.replace('def upgrade():\n', '$&    op.execute("SELECT pg_sleep(6)")\n'));
    expect(scratch.read(LAST)).not.toBe(last);
    await makeRepository(scratch);
    await scratch.mustTask(`up ENV=${ENV} TIMEOUT=600`);
    await scratch.mustTask(rebuild);
    second = await anotherCheckout(scratch, 'second');
  });

  /** From nothing to the first answer over TCP, of the image alone. */
  const ownStart = async (): Promise<number> => {
    const name = `${scratch.prefix}-alone`;
    const environment = ['POSTGRES_PASSWORD=simple', 'POSTGRES_USER=app', 'POSTGRES_DB=core'];
    return seconds(async () => {
      const env = environment.flatMap((one) => ['--env', one]);
      await docker('run', '--detach', '--name', name, ...env, 'postgres:17');
      const asked = 'until psql -h 127.0.0.1 -U app -d core -c "" 2>/dev/null; do sleep 0.05; done';
      await docker('exec', '--env', 'PGPASSWORD=simple', name, 'sh', '-c', asked);
    });
  };

  test('its rebuild takes from a file what the first one has made, and is equal', async () => {
    const alone = await ownStart();
    const up = await seconds(() => second.done(`up ENV=${ENV} TIMEOUT=600`));
    let said = '';
    const rebuilt = await seconds(async () => (said = await second.done(rebuild)));
    expect(said).toContain('is taken from a file');
    expect(said).toContain('nothing to do: all is from the file');
    const schema = async (run: Checkout['run']): Promise<string> =>
      (await run(`db-dump-schema-env ENV=${ENV} OUT=-`)).stdout;
    const anew = await schema((words) => scratch.mustTask(words));
    expect(anew.length).toBeGreaterThan(1_000);
    expect(await schema(second.run)).toBe(anew);
    const steps = said.split('\n').filter((line) => line.startsWith('✓'));
    const more: Record<string, number> = {};
    if (WHOLE) {
      more['nothing'] = await seconds(async () => (said = await second.done(`${rebuild} CACHE=0`)));
      expect(said).not.toContain('is taken');
      more['kept'] = await seconds(async () => (said = await second.done(rebuild)));
      expect(said).toMatch(/rebuild of \d\d:\d\d has made of the same files is taken \(/);
    }
    const figures = { alone, up, rebuilt, ...more };
    console.log(
      Object.entries(figures)
        .map(([what, took]) => `${what} ${took.toFixed(1)} s`)
        .join(', ') +
        `; up and rebuild beyond the image alone: ${(up + rebuilt - alone).toFixed(1)} s\n${steps.join('\n')}`,
    );
    await second.done(`down ENV=${ENV}`);
  });
});
