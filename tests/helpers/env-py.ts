/** How a project's env.py may come by its connection, and with which driver: the cells of a matrix. */

export const KINDS = [
  'plain',
  'creator',
  'NullPool',
  'several engines',
  'catching',
  'raw connection',
] as const;
export type Kind = (typeof KINDS)[number];

export const DRIVERS = ['psycopg2', 'psycopg', 'psycopg async', 'asyncpg', 'pg8000'] as const;
export type Driver = (typeof DRIVERS)[number];

interface Words {
  /** SQLAlchemy's name of it. */
  readonly dialect: string;
  readonly isAsync: boolean;
  /** A connection of its own, with its own keywords. */
  readonly connect: string;
}

const OWN = 'host=HOST, port=PORT, user=LOGIN, password="app"';

const WORDS: Readonly<Record<Driver, Words>> = {
  psycopg2: {
    dialect: 'psycopg2',
    isAsync: false,
    connect: `__import__("psycopg2").connect(${OWN}, dbname=NAME)`,
  },
  psycopg: {
    dialect: 'psycopg',
    isAsync: false,
    connect: `__import__("psycopg").connect(${OWN}, dbname=NAME)`,
  },
  'psycopg async': {
    dialect: 'psycopg',
    isAsync: true,
    connect: `__import__("psycopg").AsyncConnection.connect(${OWN}, dbname=NAME)`,
  },
  asyncpg: {
    dialect: 'asyncpg',
    isAsync: true,
    connect: `__import__("asyncpg").connect(${OWN}, database=NAME)`,
  },
  pg8000: {
    dialect: 'pg8000',
    isAsync: false,
    connect: `__import__("pg8000.dbapi").dbapi.connect(${OWN}, database=NAME)`,
  },
};

/** The database is NAME of the server WHERE, the role LOGIN; the first of several engines goes to FIRST. Both are `host:port`. */
export function envOf(kind: Kind, driver: Driver): string {
  const { dialect, isAsync, connect } = WORDS[driver];
  const url = (address: string): string => `f"postgresql+${dialect}://{LOGIN}:app@{${address}}/{NAME}"`;
  const options =
    kind === 'NullPool'
      ? ', poolclass=NullPool'
      : kind === 'creator'
        ? `, ${isAsync ? 'async_creator' : 'creator'}=lambda: ${connect}`
        : '';
  const engine = (address: string): string =>
    `${isAsync ? 'create_async_engine' : 'create_engine'}(${kind === 'creator' ? `"postgresql+${dialect}://"` : url(address)}${options})`;
  const once = isAsync
    ? `
async def online(engine):
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()

def go(engine):
    asyncio.run(online(engine))
`
    : `
def go(engine):
    with engine.connect() as connection:
        migrate(connection)
    engine.dispose()
`;
  const begin: Readonly<Record<Kind, string>> = {
    plain: `go(${engine('WHERE')})`,
    creator: `go(${engine('WHERE')})`,
    NullPool: `go(${engine('WHERE')})`,
    'several engines': `go(${engine('FIRST')})\ngo(${engine('WHERE')})`,
    catching: `
for attempt in range(3):
    try:
        go(${engine('WHERE')})
        break
    except BaseException as error:
        print("caught", type(error).__name__)
`,
    'raw connection': `${raw(driver)}\ngo(${engine('FIRST')})`,
  };
  return `${HEADER}${once}${begin[kind]}\n`;
}

/** Writes past SQLAlchemy before the migrations begin. */
function raw(driver: Driver): string {
  const { connect, isAsync } = WORDS[driver];
  if (driver === 'asyncpg') {
    return `
async def raw():
    connection = await ${connect}
    await connection.execute("CREATE TABLE raw_was_here ()")
    await connection.close()

asyncio.run(raw())`;
  }
  if (isAsync) {
    return `
async def raw():
    connection = await ${connect}
    await connection.execute("CREATE TABLE raw_was_here ()")
    await connection.commit()
    await connection.close()

asyncio.run(raw())`;
  }
  return `
connection = ${connect}
connection.cursor().execute("CREATE TABLE raw_was_here ()")
connection.commit()
connection.close()`;
}

const HEADER = `
import asyncio, os
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

WHERE, FIRST, NAME, LOGIN = (os.environ[name] for name in ("WHERE", "FIRST", "NAME", "LOGIN"))
HOST, PORT = WHERE.split(":")
PORT = int(PORT)

def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`;

/** One table, and back. */
export const REVISION = `
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None

def upgrade():
    # How many advisory locks its session holds.
    op.execute(
        "CREATE TABLE migrated AS SELECT count(*) AS marks FROM pg_catalog.pg_locks"
        " WHERE locktype = 'advisory' AND granted AND pid = pg_catalog.pg_backend_pid()"
    )

def downgrade():
    op.execute("DROP TABLE migrated")
`;

/** Says of a fresh connection whether a transaction is open on it, and ends. */
export const TRANSACTION = `
import asyncio, os
HOST, PORT = os.environ["WHERE"].split(":")
HOW = dict(host=HOST, port=int(PORT), user="app", password="app")
NAME = os.environ["NAME"]
import psycopg2, psycopg, asyncpg
one = psycopg2.connect(dbname=NAME, **HOW)
print("psycopg2", one.get_transaction_status(), one.autocommit)
one = psycopg.connect(dbname=NAME, **HOW)
print("psycopg", int(one.info.transaction_status), one.autocommit)
one = psycopg.connect(dbname=NAME, autocommit=True, **HOW)
print("psycopg autocommit", int(one.info.transaction_status), one.autocommit)
async def main():
    one = await psycopg.AsyncConnection.connect(dbname=NAME, **HOW)
    print("psycopg async", int(one.info.transaction_status), one.autocommit)
    one = await asyncpg.connect(database=NAME, **HOW)
    print("asyncpg", one.is_in_transaction())
asyncio.run(main())
`;

/** What a database may hold and set to have sessions of others see what is not so. */
export const POISON = `
  CREATE SCHEMA evil;
  CREATE TABLE evil.pg_database AS SELECT * FROM pg_catalog.pg_database LIMIT 0;
  CREATE FUNCTION evil.has_function_privilege(text, text) RETURNS bool LANGUAGE sql AS 'SELECT false';
  CREATE FUNCTION evil.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''epoch''::timestamptz';
  CREATE FUNCTION evil.date_part(text, timestamptz) RETURNS float8 LANGUAGE sql AS 'SELECT 0::float8';
  CREATE FUNCTION evil.convert_to(text, name) RETURNS bytea LANGUAGE sql AS 'SELECT ''\\x00''::bytea';
  CREATE FUNCTION evil.encode(bytea, text) RETURNS text LANGUAGE sql AS 'SELECT ''00''::text';
  CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS 'SELECT ''other''::name';
  CREATE FUNCTION evil.always(oid, oid) RETURNS bool LANGUAGE sql AS 'SELECT true';
  CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.always);
  CREATE FUNCTION evil.times(float8, int) RETURNS float8 LANGUAGE sql AS 'SELECT 0::float8';
  CREATE OPERATOR evil.* (LEFTARG = float8, RIGHTARG = int, FUNCTION = evil.times);
`;
