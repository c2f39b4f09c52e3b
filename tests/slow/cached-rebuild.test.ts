import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';

const ALEMBIC = 'app/backend/core_api/migrations/alembic';
const VERSIONS = `${ALEMBIC}/versions`;
const HEAD = '20251211_140000000';
const NEW = `${VERSIONS}/20260101_000000000_more.py`;
const TAKEN = /what the rebuild of \d\d:\d\d has made of the same files is taken/;

const revision = (id: string, after: string, up: string): string => `"""More."""
from alembic import op

revision = "${id}"
down_revision = "${after}"
branch_labels = None
depends_on = None


def upgrade():
    ${up}


def downgrade():
    pass
`;

const scratch = useEmbedded();
const { sql } = localAsker(scratch, 'local_demo', 'app_demo', 'core_demo');
const rebuild = (words = ''): Promise<Ran> =>
  scratch.runTask(`db-rebuild-env ENV=local_demo WAIT=0 METHOD=db ${words}`);
const done = async (words = ''): Promise<Ran> => succeeded(await rebuild(words));
const isTaken = async (): Promise<boolean> => TAKEN.test((await done('DRY_RUN=1')).stderr);
const databases = (): Promise<string> =>
  sql(
    `SELECT string_agg(regexp_replace(datname, '[0-9a-f]{8}_(\\d)$', 'KEY_\\1'), ' ' ORDER BY datname)
     FROM pg_database WHERE datname LIKE 'core_demo\\_\\_made%'`,
    'postgres',
  );
/** The schema in its canonical form, and all that belongs to the database itself. */
async function fingerprint(): Promise<string> {
  const { stdout } = succeeded(await scratch.runTask('db-dump-schema-env ENV=local_demo OUT=-'));
  const own = await sql(
    `SELECT to_jsonb(d) - '{oid,datfrozenxid,datminmxid}'::text[], shobj_description(d.oid, 'pg_database'),
       (SELECT jsonb_agg(to_jsonb(s) - 'setdatabase' ORDER BY setrole) FROM pg_db_role_setting s
        WHERE setdatabase = d.oid)
     FROM pg_database d WHERE datname = 'core_demo'`,
    'postgres',
  );
  return `${stdout}\n${own}`;
}

beforeAll(async () => {
  await scratch.mustTask('up ENV=local_demo');
  await sql(
    `ALTER DATABASE core_demo SET work_mem TO '8MB'; ALTER DATABASE core_demo CONNECTION LIMIT 17;
     REVOKE TEMPORARY ON DATABASE core_demo FROM PUBLIC`,
    'postgres',
  );
}, PATIENCE);

describe('a rebuild that was done before', () => {
  let anew = '';

  test('is kept, with a spare, and taken by the next one: equal to one from nothing', async () => {
    const first = await done('CACHE=0');
    expect(first.stderr).not.toMatch(TAKEN);
    expect(await databases()).toBe('');
    anew = await fingerprint();
    await done();
    expect(await databases()).toBe('core_demo__made_KEY_1 core_demo__made_KEY_2');

    await sql('CREATE TABLE of_before ()');
    const again = await done();
    expect(again.stderr).toMatch(TAKEN);
    expect(again.stderr).toContain('nothing to do');
    expect(again.stderr).not.toContain('17 revisions');
    expect(await sql(`SELECT to_regclass('of_before') IS NULL`)).toBe('t');
    expect(await fingerprint()).toBe(anew);
    // The spare is in use, and there is another one.
    expect(await databases()).toBe('core_demo__made_KEY_1 core_demo__made_KEY_2');
    succeeded(await scratch.runTask('db-verify-env ENV=local_demo'));
  }, 300_000);

  test('CACHE=0 makes it from nothing', async () => {
    const ran = await done('CACHE=0 UNTIL=migrate');
    expect(ran.stderr).not.toMatch(TAKEN);
    expect(ran.stderr).toContain('17 revisions');
    expect(await fingerprint()).toBe(anew);
  });

  test('of a kept one only the new revisions run, and their result is kept', async () => {
    scratch.write('new.sql', 'CREATE TABLE public.more (id int)');
    scratch.write(
      NEW,
      revision('20260101_000000000', HEAD, `op.execute(open("${scratch.path('new.sql')}").read())`),
    );
    const ran = await done();
    expect(ran.stderr).toMatch(/is taken; 1 new revision will run on top of it/);
    expect(ran.stderr).toContain('1 revision');
    expect(await sql(`SELECT to_regclass('more') IS NOT NULL`)).toBe('t');
    const onTop = await fingerprint();
    const whole = await done();
    expect(whole.stderr).toMatch(TAKEN);
    expect(await fingerprint()).toBe(onTop);
    succeeded(await rebuild('CACHE=0 UNTIL=migrate'));
    expect(await fingerprint()).toBe(onTop);
    // A file that a revision has read while it ran.
    scratch.write('new.sql', 'CREATE TABLE public.more (id bigint)');
    expect((await done('DRY_RUN=1')).stderr).toMatch(/1 new revision will run/);
    rmSync(scratch.path(NEW));
    expect(await isTaken()).toBe(true);
  }, 300_000);
});

describe('each edit makes another key', () => {
  type Edit = () => Promise<() => Promise<unknown> | void> | (() => void);
  const edit =
    (file: string, from: string | RegExp, to: string): Edit =>
    () => {
      const text = scratch.read(file);
      const changed = text.replace(from, to);
      expect(changed, file).not.toBe(text);
      scratch.write(file, changed);
      return () => scratch.write(file, text);
    };
  const added =
    (file: string, text: string): Edit =>
    () => {
      scratch.write(file, text);
      return () => rmSync(scratch.path(file));
    };
  const statement =
    (text: string, back: string): Edit =>
    async () => {
      await sql(text, 'postgres');
      return () => sql(back, 'postgres');
    };
  const FIRST = `${VERSIONS}/20250401_090000000_create_schemas.py`;
  const LAST = `${VERSIONS}/20251211_140000000_recreate_v_receive_weekly_monthly.py`;
  const DATABASE = 'DATABASE core_demo';

  /** `EDITS=all` takes all of them; else each third one. */
  const EDITS: readonly (readonly [what: string, edit: Edit])[] = [
    ['the first revision', edit(FIRST, 'def upgrade', 'def more():\n    pass\n\n\ndef upgrade')],
    ['the last revision', edit(LAST, 'def upgrade', 'def more():\n    pass\n\n\ndef upgrade')],
    ['a comment in a revision', edit(FIRST, /$/, '# x\n')],
    ['the way down of a revision', edit(LAST, /def downgrade\(\):/, 'def downgrade():\n    print(1)')],
    [
      'an extension that a revision makes',
      edit(FIRST, /def upgrade\(\):/, 'def upgrade():\n    op.execute("CREATE EXTENSION pg_trgm")'),
    ],
    [
      'another revision behind an edited one',
      () => {
        const back = [
          edit(FIRST, /$/, '# y\n')(),
          added(NEW, revision('20260101_000000000', '20251231_000000000', 'pass'))(),
        ];
        return () => back.forEach((undo) => void (undo as () => void)());
      },
    ],
    [
      'env.py',
      edit(`${ALEMBIC}/env.py`, 'transaction_per_migration=True', 'transaction_per_migration=False'),
    ],
    ['a blank in env.py', edit(`${ALEMBIC}/env.py`, /$/, '\n')],
    ['alembic.ini', edit('app/backend/core_api/migrations/alembic.ini', /$/, '\n')],
    ['a module that env.py imports', edit(`${ALEMBIC}/shop/models.py`, 'x = 1', 'x = 2')],
    ['a module that this one imports', edit(`${ALEMBIC}/shop/names.py`, 'y = 1', 'y = 2')],
    ['a file that env.py finds by itself', added(`${ALEMBIC}/parts/two.sql`, 'SELECT 2')],
    ['a file that env.py reads', edit(`${ALEMBIC}/parts/one.sql`, '1', '2')],
    ['a file that a revision reads', edit('late.sql', 'int', 'bigint')],
    ['the roles script', edit('scripts/db/bootstrap_roles.sql', /$/, '-- x\n')],
    ['a role in the roles script', edit('scripts/db/bootstrap_roles.sql', 'NOLOGIN', 'LOGIN')],
    ['a variable', edit('env/.env.local_demo', /$/, '\nFLAVOUR=sour\n')],
    [
      'a setting of the database',
      statement(`ALTER ${DATABASE} SET work_mem TO '9MB'`, `ALTER ${DATABASE} SET work_mem TO '8MB'`),
    ],
    ['its limit', statement(`ALTER ${DATABASE} CONNECTION LIMIT 5`, `ALTER ${DATABASE} CONNECTION LIMIT 17`)],
    [
      'its privileges',
      statement(
        `GRANT CONNECT ON ${DATABASE} TO app_readonly`,
        `REVOKE CONNECT ON ${DATABASE} FROM app_readonly`,
      ),
    ],
    [
      'its comment',
      statement(
        `COMMENT ON ${DATABASE} IS E'mine\\nmakesafe.environment=local_demo'`,
        `COMMENT ON ${DATABASE} IS 'makesafe.environment=local_demo'`,
      ),
    ],
    [
      'a setting of the role',
      statement(
        `ALTER ROLE app_demo SET default_table_access_method TO heap`,
        'ALTER ROLE app_demo RESET default_table_access_method',
      ),
    ],
  ];
  const chosen = process.env['EDITS'] === 'all' ? EDITS : EDITS.filter((_edit, at) => at % 3 === 0);

  beforeAll(async () => {
    scratch.write(`${ALEMBIC}/shop/models.py`, 'from shop import names\nx = 1\n');
    scratch.write(`${ALEMBIC}/shop/names.py`, 'y = 1\n');
    scratch.write(`${ALEMBIC}/parts/one.sql`, 'SELECT 1');
    scratch.write('late.sql', 'CREATE TABLE public.late (id int)');
    scratch.write(
      `${VERSIONS}/20251230_000000000_late.py`,
      revision('20251230_000000000', HEAD, `op.execute(open("${scratch.path('late.sql')}").read())`),
    );
    scratch.write(NEW.replace('more', 'last'), revision('20251231_000000000', '20251230_000000000', 'pass'));
    const text = scratch.read(`${ALEMBIC}/env.py`);
    scratch.write(
      `${ALEMBIC}/env.py`,
      text.replace(
        'from alembic import context',
        [
          'import glob, sys',
          'here = os.path.dirname(os.path.abspath(__file__))',
          'sys.path.insert(0, here)',
          'from shop import models',
          '[open(one).read() for one in glob.glob(here + "/parts/*.sql")]',
          'from alembic import context',
        ].join('\n'),
      ),
    );
    await done('UNTIL=migrate');
    expect(await isTaken()).toBe(true);
  }, PATIENCE);

  test.each(chosen)(
    '%s',
    async (_what, change) => {
      const back = await change();
      const edited = await rebuild('DRY_RUN=1');
      await back();
      expect(edited.status, edited.stderr).toBe(0);
      expect(edited.stderr).not.toContain('of the same files is taken');
    },
    60_000,
  );

  test('without any of them it is taken', async () => {
    expect(await isTaken()).toBe(true);
  });
});
