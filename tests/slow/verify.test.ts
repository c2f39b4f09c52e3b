import { rmSync, statSync } from 'node:fs';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { readCertainRevisions, readRevisions } from '../../lib/database/revisions.ts';
import type { CheckResult } from '../../lib/output/check-result.ts';
import { findAlembic } from '../../lib/stack/alembic/find-alembic.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';
import { useTwins } from '../helpers/twins.ts';

const HEAD = '20251211_140000000';
const BEFORE_HEAD = '20251120_083000000';
const NAMES = [
  ...['stack up', 'database reachable', 'marker', 'one head', 'at head', 'same revision', 'same schema'],
  ...['reader reads', 'reader writes nothing', 'indexes valid', 'constraints validated'],
  'materialized views populated',
];

const { scratch, clients } = useTwins();
let client: pg.Client;
let twin: pg.Client;
beforeAll(() => void ({ client, twin } = clients()));

describe('the task', () => {
  const verify = (words = '', env: Record<string, string> = {}): Promise<Ran> =>
    scratch.runTask(`db-verify-env ENV=local_demo ${words}`, { env });
  const states = ({ stdout }: Ran): string[] => stdout.match(/^[✓✗!–] .*?(?= {2})/gm) ?? [];

  test('everything as it should be, and as in BASE', async () => {
    const ran = succeeded(await verify('BASE=twin'));
    expect(states(ran)).toEqual(NAMES.map((name) => `✓ ${name}`));
    expect(ran.stdout).toMatch(/^✓ same schema +as twin: \d+ objects$/m);
    expect(ran.stderr).toContain('[ok] local_demo is as it should be, and as twin\n');
    expect(ran.stderr).toContain('[next] npx tsx tasks/backup.ts ENV=local_demo');
  });

  test('without BASE, what needs it is left out and named', async () => {
    const ran = succeeded(await verify());
    expect(ran.stdout).toMatch(/^– same revision +needs BASE=<environment>$/m);
    expect(ran.stderr).toContain('[info] skipped: same revision, same schema');
    expect(ran.stderr).toContain('[ok] local_demo is as it should be\n');
  });

  test('a dump file as BASE has a schema and no revision', async () => {
    await scratch.mustTask('db-dump-schema-env ENV=twin FORMAT=custom OUT=backups/twin.dump');
    const ran = succeeded(await verify('BASE=backups/twin.dump'));
    expect(ran.stdout).toMatch(
      /^✓ same schema +as backups\/twin.dump: \d+ objects; owners, privileges and roles were not compared/m,
    );
    expect(ran.stdout).toMatch(/^– same revision +backups\/twin.dump is a file, and says no revision$/m);
    expect(ran.stderr).toContain('[ok] local_demo is as it should be, and as backups/twin.dump');
  });

  test('all faults at once, each with its remedy; status 1', async () => {
    const faults = [
      `UPDATE alembic_version SET version_num = '${BEFORE_HEAD}'`,
      'ALTER TABLE mart.suppliers ADD COLUMN drift text',
      'REVOKE SELECT ON stg.shipments FROM app_readonly',
      `COMMENT ON DATABASE core_demo IS 'makesafe.environment=vm_prod'`,
    ];
    await client.query(faults.join('; '));
    try {
      const ran = await verify('BASE=twin JSON=1');
      expect(ran.status).toBe(1);
      const { checks, ...rest } = JSON.parse(ran.stdout) as { checks: CheckResult[] };
      expect(rest).toEqual({ format: 1, environment: 'local_demo', base: 'twin', passed: false });
      expect(checks.map(({ check }) => check)).toEqual(NAMES);
      const bad = checks.filter(({ state }) => state === 'failed');
      expect(bad.map(({ check, found }) => `${check}: ${found}`)).toEqual([
        'marker: the database is marked for vm_prod, not for local_demo',
        `at head: is at ${BEFORE_HEAD}, and head is ${HEAD}`,
        `same revision: local_demo is at ${BEFORE_HEAD}; twin is at ${HEAD}`,
        expect.stringMatching(/^same schema: \d+ of \d+ objects differ from twin$/),
        'reader reads: app_readonly cannot read stg.shipments',
      ]);
      for (const { remedy } of bad) expect(remedy).toBeTruthy();
      expect(ran.stderr).toContain('[error] local_demo: 5 of 12 checks failed: marker, at head');
    } finally {
      await client.query(
        `UPDATE alembic_version SET version_num = '${HEAD}'; ALTER TABLE mart.suppliers DROP COLUMN drift;
         GRANT SELECT ON stg.shipments TO app_readonly; COMMENT ON DATABASE core_demo IS 'makesafe.environment=local_demo'`,
      );
    }
  });

  test('two heads, and a BASE that is no environment', async () => {
    const versions = 'app/backend/core_api/migrations/alembic/versions';
    const file = `${versions}/29990101_000000000_other.py`;
    scratch.write(file, `revision = "other"\ndown_revision = "${BEFORE_HEAD}"\ndef upgrade(): pass\n`);
    const [two, unknown, itself] = await Promise.all([
      verify(),
      verify('BASE=twins'),
      verify('BASE=local_demo'),
    ]);
    rmSync(scratch.path(file));
    expect(two.stdout).toMatch(new RegExp(`^✗ one head +2 heads: ${HEAD}, other$`, 'm'));
    expect(two.status).toBe(1);
    expect(unknown.stderr).toContain('BASE="twins" is not an environment; did you mean twin?');
    expect(unknown.status).toBe(64);
    expect(itself.stderr).toContain('ENV and BASE are both local_demo');
    expect(itself.status).toBe(64);
  });

  test('Alembic is started once, for its heads; once more where two tables could be its own', async () => {
    const { file: python } = (await findAlembic(scratch.root, undefined))!;
    scratch.write(
      'alembic',
      `#!${python}
import sys
from alembic.config import main
with open("${scratch.path('asked')}", "a") as asked:
    print(*sys.argv[1:], file=asked)
main(prog="alembic")
`,
      0o700,
    );
    const asked = (): string[] => {
      const lines = scratch.read('asked').trim().split('\n');
      rmSync(scratch.path('asked'));
      // Whether what ALEMBIC names is one, is asked first.
      return lines.map((line) => line.split(' ').at(-1)!).filter((word) => word !== '--version');
    };
    const alembic = `ALEMBIC=${scratch.path('alembic')}`;
    succeeded(await verify(`BASE=twin ${alembic}`));
    expect(asked()).toEqual(['heads']);

    // A second application in the same database, as its env.py would have it.
    const envPy = 'app/backend/core_api/migrations/alembic/env.py';
    const usual = scratch.read(envPy);
    const other = 'version_table="core_version", version_table_schema="mart", transaction_per_migration';
    scratch.write(envPy, usual.replace('transaction_per_migration', other));
    await scratch.mustTask('al-stamp-env ENV=local_demo REV=head WAIT=0');
    await client.query(`UPDATE alembic_version SET version_num = '${BEFORE_HEAD}'`);
    const two = await verify(alembic);
    expect(two.stdout).toMatch(new RegExp(`^✓ at head +${HEAD}$`, 'm'));
    expect(asked().sort()).toEqual(['current', 'heads']);
    scratch.write(envPy, usual);

    expect(await readCertainRevisions(client)).toBeUndefined();
    expect(await readRevisions(client)).toEqual([BEFORE_HEAD]);
    await client.query('BEGIN; DROP TABLE alembic_version');
    expect(await readCertainRevisions(client)).toEqual([HEAD]);
    expect(await readRevisions(client)).toEqual([HEAD]);
    await client.query(
      `ROLLBACK; DROP TABLE mart.core_version; UPDATE alembic_version SET version_num = '${HEAD}'`,
    );
  });

  // Last, because it stops the server.
  test('where nothing runs, that is said once', async () => {
    await client.end();
    await scratch.mustTask('down ENV=local_demo');
    const ran = await verify('BASE=twin');
    expect(ran.status).toBe(1);
    expect(states(ran)).toEqual(NAMES.map((name, at) => (at < 2 ? `✗ ${name}` : `– ${name}`)));
    expect(ran.stdout).toContain('→ make up ENV=local_demo');
    expect(ran.stderr).toContain('2 of 12 checks failed: stack up, database reachable');
  });
});

describe('db-rebuild-env with BASE', () => {
  const rebuild = (words: string): Promise<Ran> =>
    scratch.runTask(`db-rebuild-env ENV=local_demo WAIT=0 ${words}`);
  const made = (): number => statSync(scratch.data()).birthtimeMs;

  test('the last screen has revision, tables, roles, times and what differs; status 1', async () => {
    await twin.query('ALTER TABLE mart.suppliers ADD COLUMN drift text; CREATE TABLE stg.more (id int)');
    const before = made();
    const { status, stderr } = await rebuild('BASE=twin');
    await twin.query('ALTER TABLE mart.suppliers DROP COLUMN drift; DROP TABLE stg.more');
    expect(made()).toBeGreaterThan(before);
    expect(stderr).toMatch(/^✗ verify +[\d.]+ s/m);
    const screen = stderr.slice(stderr.lastIndexOf('    revision '));
    expect(screen.replace(/[\d.]+ s/g, '0.0 s')).toBe(
      [
        `    revision   ${HEAD}`,
        '    tables     11',
        '    roles      app_demo (owner), app_readonly',
        '    reset      0.0 s  server and data of local_demo are gone',
        '    up         0.0 s  database core_demo answers',
        '    bootstrap  0.0 s  roles are made',
        '    migrate    0.0 s  17 revisions; the roles can read what was made',
        `    current    0.0 s  ${HEAD} (head)`,
        '    schema     2 objects of local_demo differ from twin',
        '               TABLE mart.suppliers: column drift text only in twin',
        '               TABLE stg.more: only in twin',
        '[error] verify: local_demo: 1 of 12 checks failed: same schema',
        '[next] correct it, then: npx tsx tasks/db-verify-env.ts ENV=local_demo BASE=twin',
        '',
      ].join('\n'),
    );
    expect(status).toBe(1);
  });

  test('a BASE that cannot be read refuses before anything is destroyed', async () => {
    await twin.end();
    await scratch.mustTask('down ENV=twin');
    const before = made();
    const [down, unknown] = await Promise.all([rebuild('BASE=twin'), rebuild('BASE=twins')]);
    expect(down.stderr).toContain('[error] refused; nothing was touched');
    expect(down.stderr).toContain('BASE=twin cannot be read: the embedded PostgreSQL of twin is not running');
    expect(down.stderr).toContain('[next] make up ENV=twin');
    expect(down.status).toBe(77);
    expect(unknown.stderr).toContain('BASE="twins" is not an environment; did you mean twin?');
    expect(unknown.status).toBe(64);
    expect(made()).toBe(before);
  });
});
