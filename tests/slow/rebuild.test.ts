import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { configurationChecked } from '../helpers/engine.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';
const HEAD = '20251211_140000000';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
const BROKEN = `${VERSIONS}/20251212_090000000_widen_weights.py`;

/** The second statement is refused: there is no such table. */
const MIGRATION = `"""Widen the weights."""
from alembic import op

revision = "20251212_090000000"
down_revision = "${HEAD}"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE mart.half_way (id int)")
    op.execute(
        "ALTER TABLE mart.no_such_table "
        "ALTER COLUMN net_weight TYPE numeric(12,2)"
    )


def downgrade():
    pass
`;

describe('db-rebuild-env', () => {
  const scratch = useEmbedded();
  const rebuild = (words = ''): Promise<Ran> =>
    scratch.runTask(`db-rebuild-env ${ENV} WAIT=0 METHOD=db ${words}`);
  const steps = ({ stderr }: Ran): string[] =>
    [...stderr.matchAll(/^([✓✗]) (\w+)/gm)].map(([, sign, name]) => `${sign} ${name}`);
  const query = async (sql: string): Promise<unknown> => {
    const client = await connect(scratch);
    try {
      return Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
    } finally {
      await client.end();
    }
  };

  beforeAll(() => scratch.mustTask(`up ${ENV}`), PATIENCE);

  test('goes from anything to a verified head, the tools’ output folded away', async () => {
    await query('CREATE TABLE of_before ()');
    const ran = succeeded(await scratch.runTask(`db-rebuild-env ${ENV} WAIT=0`));
    expect(steps(ran)).toEqual(['✓ reset', '✓ up', '✓ bootstrap', '✓ migrate', '✓ current', '✓ verify']);
    expect(ran.stderr).not.toContain('Running upgrade');
    expect(ran.stderr).toContain(`17 revisions; the roles can read what was made`);
    expect(ran.stderr).toMatch(
      /\[ok\] local_demo is rebuilt in [\d.]+ s\n {4}revision {3}20251211_140000000\n/,
    );
    expect(await query(`SELECT to_regclass('of_before') IS NULL`)).toBe('t');
    expect(await query('SELECT version_num FROM alembic_version')).toBe(HEAD);
  });

  test('a migration that fails half-way: what a tired person needs, word for word', async () => {
    scratch.write(BROKEN, MIGRATION);
    // What the first run has kept would be taken, and only this revision run.
    const ran = await rebuild('CACHE=0');
    expect(ran.status).toBe(1);
    expect(steps(ran)).toEqual(['✓ reset', '✓ up', '✓ bootstrap', '✗ migrate']);
    // What alembic itself said stands above.
    expect(ran.stderr).toContain(`Running upgrade ${HEAD} -> 20251212_090000000`);
    expect(ran.stderr.slice(ran.stderr.indexOf('[error]'))).toBe(
      [
        `[error] migrate: revision 20251212_090000000 failed; core_demo is at ${HEAD}`,
        `        file       ${BROKEN}, line 12, in upgrade`,
        '        database   relation "mart.no_such_table" does not exist',
        '        statement  ALTER TABLE mart.no_such_table ALTER COLUMN net_weight TYPE numeric(12,2)',
        `        kept       20250401_090000000 to ${HEAD} (17 revisions)`,
        '        undone     20251212_090000000: rolled back',
        '        output     journal/local_demo.alembic.log',
        '[next] correct it, then: npx tsx tasks/db-rebuild-env.ts ENV=local_demo METHOD=db',
        '',
      ].join('\n'),
    );
    expect(await query(`SELECT to_regclass('mart.half_way') IS NULL`)).toBe('t');
  });

  test('run again it goes on there, and says so', async () => {
    scratch.write(
      BROKEN,
      MIGRATION.replace('no_such_table', 'half_way').replace('(id int)', '(net_weight int)'),
    );
    await query('CREATE TABLE made_meanwhile ()');
    const ran = succeeded(await rebuild('UNTIL=current'));
    expect(ran.stderr).toMatch(
      /going on at migrate, where the run of \d\d:\d\d UTC stopped, at 20251211_140000000; FROM=reset begins anew/,
    );
    expect(steps(ran)).toEqual(['✓ migrate', '✓ current']);
    expect(ran.stderr).toContain('1 revision; the roles can read what was made');
    expect(await query(`SELECT to_regclass('made_meanwhile') IS NOT NULL`)).toBe('t');
    rmSync(scratch.path(BROKEN));
  });

  test('after that it begins anew, and FROM and UNTIL choose', async () => {
    const ran = succeeded(await rebuild('UNTIL=up'));
    expect(steps(ran)).toEqual(['✓ reset', '✓ up']);
    expect(await query(`SELECT to_regclass('made_meanwhile') IS NULL`)).toBe('t');
    expect(steps(succeeded(await rebuild('FROM=bootstrap UNTIL=bootstrap')))).toEqual(['✓ bootstrap']);
    const nothing = await rebuild('FROM=verify UNTIL=up');
    expect(nothing).toMatchObject({ status: 64 });
    expect(nothing.stderr).toContain('UNTIL=up comes before FROM=verify: there is nothing to do');
  });

  test('a dry run prints all steps and touches nothing', async () => {
    const before = await query('SELECT oid::text FROM pg_database WHERE datname = current_database()');
    const ran = succeeded(await rebuild('DRY_RUN=1 CACHE=0'));
    for (const line of ['# reset', '# up', '# bootstrap', '# migrate', 'alembic upgrade head', '# verify'])
      expect(ran.stdout).toContain(`${line}\n`);
    expect(await query('SELECT oid::text FROM pg_database WHERE datname = current_database()')).toBe(before);
  });
});

describe('check', () => {
  const scratch = useEmbedded({ only: ['local_demo', 'vm_prod'] });

  test('of an environment whose files are incomplete says which, and makes none', async () => {
    const { status, stdout } = await scratch.runTask('check ENV=vm_prod', { env: {} });
    rmSync(scratch.path('env/.env.local_demo'));
    const broken = await scratch.runTask(`check ${ENV} JSON=1`);
    expect(broken.status).toBe(1);
    expect(JSON.parse(broken.stdout)).toMatchObject({
      environment: 'local_demo',
      passed: false,
      checks: [
        {
          check: 'configuration',
          state: 'failed',
          found: expect.stringContaining('.env.local_demo') as string,
        },
      ],
    });
    expect(() => scratch.read('secrets/.env.local_demo.secrets')).toThrow('ENOENT');
    expect(status).toBe(1);
    expect(stdout).toMatch(configurationChecked());
  });
});
