import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OtherServer } from '../../lib/stack/alembic/binding.ts';
import { findAlembic } from '../../lib/stack/alembic/find-alembic.ts';
import { pythonOf } from '../../lib/stack/alembic/find-python.ts';
import { runAlembic, type AlembicResult, type Place } from '../../lib/stack/alembic/run-alembic.ts';
import { useServer } from '../helpers/database-server.ts';
import { listen } from '../helpers/embedded.ts';
import { run } from '../helpers/processes.ts';

/** A connection of an env.py that goes to port PORT of this machine. There nobody may hear of it. */
const WAYS: Readonly<Record<string, string>> = {
  URL: 'engine = create_engine(f"postgresql://who:what@127.0.0.1:{PORT}/elsewhere")',
  'URL, with TLS that the other server has not':
    'engine = create_engine(f"postgresql://who:what@127.0.0.1:{PORT}/elsewhere?sslmode=verify-full&sslrootcert=/nonexistent/ca.pem")',
  'URL, several hosts':
    'engine = create_engine(f"postgresql://who:what@/elsewhere?host=127.0.0.1:{PORT}&host=localhost:{PORT}&target_session_attrs=read-only")',
  'a socket': 'engine = create_engine("postgresql:///elsewhere?host=/nonexistent")',
  'creator=, with a DSN':
    'engine = create_engine("postgresql://", creator=lambda: psycopg2.connect(f"host=127.0.0.1 port={PORT} user=who password=what dbname=elsewhere"))',
  'creator=, with keywords':
    'engine = create_engine("postgresql://", creator=lambda: psycopg2.connect(host="127.0.0.1", hostaddr="127.0.0.1", port=PORT, user="who", password="what", database="elsewhere", sslmode="require"))',
  'creator=, with a class of its own':
    'class Own(psycopg2.extensions.connection): pass\nengine = create_engine("postgresql://", creator=lambda: psycopg2.connect(f"postgresql://who:what@127.0.0.1:{PORT}/elsewhere", connection_factory=Own))',
  'a pool of the driver':
    'from psycopg2.pool import SimpleConnectionPool\npool = SimpleConnectionPool(1, 1, host="127.0.0.1", port=PORT, user="who", password="what", dbname="elsewhere")\nengine = create_engine("postgresql://", creator=pool.getconn, poolclass=NullPool)',
  'variables of libpq':
    'os.environ.update(PGHOST="127.0.0.1", PGHOSTADDR="127.0.0.1", PGPORT=str(PORT), PGUSER="who", PGPASSWORD="what", PGDATABASE="elsewhere", PGSSLMODE="verify-full", PGTARGETSESSIONATTRS="read-only", PGSERVICE="gone")\nengine = create_engine("postgresql://")\nassert os.environ["PGSERVICE"] == "gone"',
  'a service file':
    'open("services", "w").write(f"[theirs]\\nhost=127.0.0.1\\nport={PORT}\\nuser=who\\npassword=what\\ndbname=elsewhere\\nsslmode=require\\n")\nos.environ["PGSERVICEFILE"] = "services"\nengine = create_engine("postgresql:///?service=theirs")',
};

/** Makes `migrated`, with what the session's settings are. */
const REVISION = `
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None

def upgrade():
    op.execute("CREATE TABLE public.migrated AS SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout")

def downgrade():
    op.execute("DROP TABLE public.migrated")
`;

const envOf = (engine: string): string => `
import os
import psycopg2, psycopg2.extensions
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

PORT, NAME = int(os.environ["PORT"]), os.environ.get("NAME")
${engine}
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`;

describe('alembic is led to another database than env.py names', () => {
  const server = useServer();
  let folder: string;
  let databases = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'makesafe-redirected-'));
    mkdirSync(join(folder, 'versions'));
    writeFileSync(join(folder, 'versions/0001_one.py'), REVISION);
    writeFileSync(
      join(folder, 'alembic.ini'),
      '[alembic]\nscript_location = %(here)s\nversion_locations = %(here)s/versions\n',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const login = (): OtherServer => ({
    ...{ host: '127.0.0.1', port: server.port, user: 'app', password: 'of the tests' },
  });

  async function upgrade(
    engine: string,
    database: string,
    variables: Record<string, string>,
    other?: OtherServer,
  ): Promise<AlembicResult & { readonly words: readonly string[] }> {
    writeFileSync(join(folder, 'env.py'), envOf(engine));
    const alembic = (await findAlembic(folder, undefined))!;
    let seen: readonly string[] = [];
    const place: Place = {
      ...{ environment: 'vm_stg', settings: 'the settings', nameThePython: 'name it' },
      ask: (question, name) => server.withSession(name!, question),
      ...(other && { server: other }),
      python: () => Promise.resolve(pythonOf(alembic)),
      start: (words, program) => {
        seen = [...program!.words, '-', '-c', 'alembic.ini', ...words];
        return run(seen, {
          ...{ cwd: folder, input: program!.input },
          env: { ...variables, PYTHONDONTWRITEBYTECODE: '1' },
        });
      },
    };
    const result = await runAlembic(place, ['upgrade', 'head'], { instead: { database } });
    return { ...result, words: seen };
  }

  const migrated = (database: string): Promise<unknown> =>
    server.withClient(database, async (client) => {
      const { rows } = await client.query<{ found: boolean }>(
        `SELECT to_regclass('public.migrated') IS NOT NULL AS found`,
      );
      if (!rows[0]!.found) return undefined;
      return (await client.query<{ path: string }>('SELECT path, timeout FROM migrated')).rows[0];
    });

  test.each(Object.entries(WAYS))('%s: another server', async (_way, engine) => {
    const heard = await listen(0);
    const database = await server.create(`led_${++databases}`);
    const { status, stdout, stderr, words } = await upgrade(
      engine,
      database,
      { PORT: String(heard.port) },
      login(),
    );
    expect(status, stderr).toBe(0);
    expect(await migrated(database)).toBeDefined();
    expect(heard()).toBe(0);
    expect([...words, stdout, stderr].join('\n')).not.toContain('of the tests');
  });

  test.each([
    ['connect_args', 'connect_args={"options": "-c search_path=tenant,public -c statement_timeout=59s"}', {}],
    ['PGOPTIONS', '', { PGOPTIONS: '-c search_path=tenant,public -c statement_timeout=59s' }],
  ])('the settings of the session stay as env.py wants them (%s)', async (_way, more, variables) => {
    const database = await server.create(`led_${++databases}`);
    const engine = `engine = create_engine(f"postgresql://who:what@127.0.0.1:{PORT}/elsewhere", ${more})`;
    const { status, stderr } = await upgrade(engine, database, { PORT: '1', ...variables }, login());
    expect(status, stderr).toBe(0);
    expect(await migrated(database)).toEqual({ path: 'tenant,public', timeout: '59s' });
  });

  test.each([
    ['URL', 'create_engine(f"postgresql://app:of%20the%20tests@127.0.0.1:{PORT}/{NAME}")'],
    [
      'keywords',
      'create_engine("postgresql://", creator=lambda: psycopg2.connect(host="127.0.0.1", port=PORT, user="app", password="of the tests", database=NAME))',
    ],
  ])('%s: another database of the same server', async (_way, engine) => {
    const [own, other] = [
      await server.create(`led_${++databases}`),
      await server.create(`led_${++databases}`),
    ];
    const variables = { PORT: String(server.port), NAME: own };
    const { status, stderr, plans } = await upgrade(`engine = ${engine}`, other, variables);
    expect(status, stderr).toBe(0);
    expect(plans).toMatchObject([{ plan: ['0001'] }]);
    expect(await migrated(own)).toBeUndefined();
    expect(await migrated(other)).toBeDefined();
  });

  test('what makes its connection in a way that is not known is refused, not let through', async () => {
    const database = await server.create(`led_${++databases}`);
    const own = await server.create(`led_${++databases}`);
    const engine =
      'engine = create_engine("postgresql://", creator=lambda: psycopg2.extensions.connection(f"host=127.0.0.1 port={PORT} user=app password=\'of the tests\' dbname={NAME}"))';
    await expect(
      upgrade(engine, database, { PORT: String(server.port), NAME: own }, login()),
    ).rejects.toThrow(`alembic reaches database ${own}`);
    expect(await migrated(own)).toBeUndefined();
  });
});
