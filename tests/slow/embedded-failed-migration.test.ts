import { statSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';

const ENV = 'ENV=local_demo';
const MIGRATIONS = 'app/backend/core_api/migrations/alembic';
const HEAD = '20251211_140000000';

/** A helper as teams have them: it reads the statements of a file. */
const HELPER = `from pathlib import Path

from alembic import op


def run_sql_file(name):
    op.execute((Path(__file__).parent / "sql" / name).read_text(encoding="utf-8"))
`;

const revision = (id: string, before: string, body: string): string => `"""${id}."""
import sys
from pathlib import Path

from alembic import op

sys.path.insert(0, str(Path(__file__).parents[1]))

revision = "${id}"
down_revision = "${before}"
branch_labels = None
depends_on = None


def upgrade():
${body.replaceAll(/^(?=.)/gm, '    ')}


def downgrade():
    pass
`;

const tables = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, at) => `op.execute("CREATE TABLE mart.t${from + at} (id int)")\n`,
  ).join('');

describe('a migration that fails', () => {
  const scratch = useEmbedded();
  const envPy = `${MIGRATIONS}/env.py`;
  let usualEnv: string;

  const write = (id: string, before: string, body: string): void =>
    scratch.write(`${MIGRATIONS}/versions/${id}.py`, revision(id, before, body));
  /** From the error on, as one screen. */
  async function fail(words = ''): Promise<string[]> {
    const { status, stderr } = await scratch.runTask(`al-up-env ${ENV} ${words}`);
    expect(status).toBe(1);
    expect(stderr).not.toContain('Traceback');
    // With what alembic says by itself of one or two revisions.
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    return stderr.slice(stderr.indexOf('[error]')).trimEnd().split('\n');
  }
  const sql = async (text: string): Promise<void> => {
    const client = await connect(scratch);
    await client.query(text);
    await client.end();
  };

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    usualEnv = scratch.read(envPy);
    scratch.write(`${MIGRATIONS}/sqlfiles.py`, HELPER);
  }, PATIENCE);

  beforeEach(() => scratch.write(envPy, usualEnv));

  test('is one screen: 200 lines, SQL from a file, the line of the revision and that of the statement', async () => {
    const statements = Array.from({ length: 60 }, (_, at) => `ALTER TABLE mart.big ADD COLUMN c${at} int;`);
    statements[40] = 'ALTER TABLE mart.big ADD COLUMN c40 no_such_type;';
    scratch.write(`${MIGRATIONS}/sql/big.sql`, `CREATE TABLE mart.big (id int);\n${statements.join('\n')}\n`);
    write('0001_small', HEAD, 'op.execute("CREATE TABLE mart.small (id int)")');
    write(
      '0002_big',
      '0001_small',
      `from sqlfiles import run_sql_file\n${tables(0, 90)}run_sql_file("big.sql")\n${tables(90, 180)}`,
    );
    expect(scratch.read(`${MIGRATIONS}/versions/0002_big.py`).split('\n').length).toBeGreaterThan(200);
    expect(await fail()).toMatchInlineSnapshot(`
      [
        "[error] revision 0002_big failed; core_demo is at 0001_small",
        "        file       app/backend/core_api/migrations/alembic/versions/0002_big.py, line 107, in upgrade",
        "        database   type "no_such_type" does not exist",
        "        statement  line 42 of 61",
        "                     37  ALTER TABLE mart.big ADD COLUMN c35 int;",
        "                     38  ALTER TABLE mart.big ADD COLUMN c36 int;",
        "                     39  ALTER TABLE mart.big ADD COLUMN c37 int;",
        "                     40  ALTER TABLE mart.big ADD COLUMN c38 int;",
        "                     41  ALTER TABLE mart.big ADD COLUMN c39 int;",
        "                   > 42  ALTER TABLE mart.big ADD COLUMN c40 no_such_type;",
        "                     43  ALTER TABLE mart.big ADD COLUMN c41 int;",
        "                     44  ALTER TABLE mart.big ADD COLUMN c42 int;",
        "                     45  ALTER TABLE mart.big ADD COLUMN c43 int;",
        "                     46  ALTER TABLE mart.big ADD COLUMN c44 int;",
        "        kept       0001_small",
        "        undone     0002_big: rolled back",
        "        output     journal/local_demo.alembic.log",
        "[next] correct it, then: npx tsx tasks/al-up-env.ts ENV=local_demo",
      ]
    `);
    const log = scratch.path('journal/local_demo.alembic.log');
    expect(scratch.read('journal/local_demo.alembic.log')).toContain('Traceback (most recent call last):');
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  test('says what is undone where the run is one transaction', async () => {
    scratch.write(
      envPy,
      usualEnv.replace('transaction_per_migration=True', 'transaction_per_migration=False'),
    );
    await sql("UPDATE alembic_version SET version_num = '0001_small'");
    write('0002_big', '0001_small', 'op.execute("CREATE TABLE mart.kept (id int)")');
    write('0003_late', '0002_big', 'op.execute("INSERT INTO mart.small VALUES (1/0)")');
    expect(await fail()).toMatchInlineSnapshot(`
      [
        "[error] revision 0003_late failed; core_demo is at 0001_small",
        "        file       app/backend/core_api/migrations/alembic/versions/0003_late.py, line 16, in upgrade",
        "        database   division by zero",
        "        statement  INSERT INTO mart.small VALUES (1/0)",
        "        undone     0002_big: the run was one transaction",
        "        undone     0003_late: rolled back",
        "        output     journal/local_demo.alembic.log",
        "[next] correct it, then: npx tsx tasks/al-up-env.ts ENV=local_demo",
      ]
    `);
  });

  test('says what stays where nothing is in a transaction, or a part is not', async () => {
    scratch.write(envPy, usualEnv.replace('transaction_per_migration=True', 'transactional_ddl=False'));
    write('0002_big', '0001_small', 'raise RuntimeError("mart.small is empty: fill it first")');
    expect(await fail()).toMatchInlineSnapshot(`
      [
        "[error] revision 0002_big failed; core_demo is at 0001_small",
        "        file       app/backend/core_api/migrations/alembic/versions/0002_big.py, line 16, in upgrade",
        "        reason     mart.small is empty: fill it first",
        "        kept       what 0002_big had done until there: each statement counts at once (no transaction)",
        "        output     journal/local_demo.alembic.log",
        "[next] correct it, then: npx tsx tasks/al-up-env.ts ENV=local_demo",
      ]
    `);
    scratch.write(envPy, usualEnv);
    write(
      '0002_big',
      '0001_small',
      `with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ON mart.small (id)")
op.execute("""
DO $$
BEGIN
  PERFORM 1;
  RAISE EXCEPTION 'not today' USING HINT = 'tomorrow';
END
$$
""")`,
    );
    expect(await fail()).toMatchInlineSnapshot(`
      [
        "[error] revision 0002_big failed; core_demo is at 0001_small",
        "        file       app/backend/core_api/migrations/alembic/versions/0002_big.py, line 18, in upgrade",
        "        database   not today",
        "                   HINT:  tomorrow",
        "                   CONTEXT:  PL/pgSQL function inline_code_block line 4 at RAISE",
        "        statement  line 5 of 7",
        "                     1",
        "                     2      DO $$",
        "                     3      BEGIN",
        "                     4        PERFORM 1;",
        "                   > 5        RAISE EXCEPTION 'not today' USING HINT = 'tomorrow';",
        "                     6      END",
        "                     7      $$",
        "        kept       what 0002_big did until the end of its last autocommit_block; the rest was rolled back",
        "        output     journal/local_demo.alembic.log",
        "[next] correct it, then: npx tsx tasks/al-up-env.ts ENV=local_demo",
      ]
    `);
  });

  test('is not hidden by an env.py that ends by itself, prints or logs otherwise', async () => {
    write('0002_big', '0001_small', 'op.execute("SELECT nowhere")');
    scratch.write(
      envPy,
      usualEnv
        .replace('fileConfig(context.config.config_file_name)', 'print("Running upgrade x -> y, z")')
        .replace(
          /^ {8}run_migrations\(connection=connection\)$/m,
          `        try:\n            run_migrations(connection=connection)\n        except Exception:\n            raise SystemExit(1)`,
        ),
    );
    expect(await fail()).toMatchInlineSnapshot(`
      [
        "[error] revision 0002_big failed; core_demo is at 0001_small",
        "        file       app/backend/core_api/migrations/alembic/versions/0002_big.py, line 16, in upgrade",
        "        database   column "nowhere" does not exist",
        "        statement  SELECT nowhere",
        "        undone     0002_big: rolled back",
        "        output     journal/local_demo.alembic.log",
        "[next] correct it, then: npx tsx tasks/al-up-env.ts ENV=local_demo",
      ]
    `);
  });

  test('whose session the server ends is not to blame: 69, and the same again', async () => {
    write('0002_big', '0001_small', 'op.execute("SELECT pg_sleep(3600)")');
    const running = scratch.startTask(`al-up-env ${ENV}`);
    const client = await connect(scratch);
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(3600)'`;
    while ((await client.query(end)).rowCount === 0);
    await client.end();
    const { status, stderr } = await running.ended;
    expect(stderr).toMatch(/^\[error\] the session of the migration was lost$/m);
    expect(stderr).toContain('core_demo is at 0001_small');
    expect(stderr).toMatch(
      /^\[next\] see what happened to the server, then: .*al-up-env\.ts ENV=local_demo$/m,
    );
    expect(status).toBe(69);
  });
});
