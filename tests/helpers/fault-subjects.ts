import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Asker } from './database.ts';
import type { Subject } from './fault-runs.ts';
import type { State } from './faults.ts';

/** An environment of one of the two stacks, as the subjects see it. */
export interface World extends Omit<Subject, 'command' | 'prepare' | 'inspect'> {
  readonly environment: string;
  readonly db: Asker;
  readonly database: string;
  /** Whether data of the server exist, and where else than in their place. */
  readonly storage: () => Promise<State>;
  /** Starts the server on the data that there are, or on new ones; past the code under test. */
  readonly start: () => Promise<void>;
  /** Where backups go: on the small disk, where there is one. */
  readonly folder: string;
  /** Where the server listens on this machine's loopback. */
  readonly port: () => number;
  /** Its pg_hba.conf. */
  readonly hba: string;
}

/** All that belongs to the database itself. */
const ATTRIBUTES = `
  SELECT datname, datconnlimit, datacl::text, shobj_description(d.oid, 'pg_database'), datallowconn, datistemplate,
    (SELECT array_agg(setrole::regrole || ' ' || one ORDER BY 1) FROM pg_db_role_setting, unnest(setconfig) one
     WHERE setdatabase = d.oid)
  FROM pg_database d WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY 1`;

const expected = (database: string, user: string, environment: string): string =>
  `${database}|17|{=Tc/${user},${user}=CTc/${user},reader=c/${user}}|the comment\nmakesafe.environment=${environment}` +
  '|t|f|{"- app.finished=yes"}';

/** Makes a database with attributes of its own, and 42 in it. */
export async function makeOld({ db, database, environment }: World): Promise<void> {
  await db.sql(
    `DROP TABLE IF EXISTS kept, restored; CREATE TABLE kept AS SELECT 42 AS x;
     DO $$ BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
     GRANT CONNECT ON DATABASE ${database} TO reader;
     ALTER DATABASE ${database} CONNECTION LIMIT 17;
     ALTER DATABASE ${database} SET app.finished TO 'yes';
     COMMENT ON DATABASE ${database} IS E'the comment\\nmakesafe.environment=${environment}'`,
  );
}

/** The database as an application finds it: the old rows, or what `isNew` looks for; and nothing beside it. */
async function databaseState({ db, database, environment }: World, isNew: string): Promise<State> {
  const found = await db.sql(ATTRIBUTES, 'postgres');
  const user = await db.sql('SELECT current_user', 'postgres');
  if (found !== expected(database, user, environment)) return { between: `databases ${found}` };
  const [isOld, isOther] = (await db.sql(`SELECT to_regclass('kept') IS NOT NULL, (${isNew})`)).split('|');
  if (isOld === 't') return (await db.sql('SELECT x FROM kept')) === '42' ? 'old' : { between: 'other rows' };
  return isOther === 't' ? 'new' : { between: 'neither the old rows nor the new ones' };
}

const EMPTY = `SELECT count(*) = 0 FROM pg_class WHERE relnamespace = 'public'::regnamespace`;

export const resetDatabase = (world: World): Subject => ({
  ...world,
  command: `db-reset-db-env WAIT=0 ENV=${world.environment}`,
  prepare: () => makeOld(world),
  inspect: () => databaseState(world, EMPTY),
});

/** The dump holds a table `restored` with 500 rows. */
export const restore = (world: World, dump: string): Subject => ({
  ...world,
  command: `restore-from-dump WAIT=0 ENV=${world.environment} DUMP=${dump}`,
  prepare: () => makeOld(world),
  inspect: () =>
    databaseState(
      world,
      `SELECT to_regclass('restored') IS NOT NULL
         AND (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM restored', true, true, '')))[1]::text = '500'`,
    ),
});

/** The server may be stopped on the way: what it finds when it starts again is what counts. */
export const resetVolume = (world: World): Subject => ({
  ...world,
  command: `db-reset-volume-env WAIT=0 ENV=${world.environment}`,
  prepare: async () => {
    await world.start();
    await makeOld(world);
  },
  settle: () => Promise.resolve(),
  inspect: async () => {
    const storage = await world.storage();
    if (storage !== 'old') return storage;
    await world.start();
    return databaseState(world, EMPTY);
  },
});

/** The files of a backup: none, or whole ones; the database is what it was. */
export const backup = ({ folder, ...world }: World): Subject => ({
  ...world,
  command: `backup ENV=${world.environment} BACKUP_DIR=${folder}`,
  prepare: async () => {
    for (const file of files(folder)) rmSync(`${folder}/${file}`, { recursive: true });
    await makeOld({ folder, ...world });
  },
  inspect: async () => {
    const source = await databaseState({ folder, ...world }, EMPTY);
    if (source !== 'old') return { between: `the database is ${JSON.stringify(source)}` };
    const dumps = files(folder).filter((file) => file.endsWith('.dump'));
    for (const file of dumps) {
      const facts = `${folder}/${file}.json`;
      if (!existsSync(facts)) return { between: `${file} has no facts` };
      const { sha256 } = JSON.parse(readFileSync(facts, 'utf8')) as { sha256: string };
      const found = createHash('sha256')
        .update(readFileSync(`${folder}/${file}`))
        .digest('hex');
      if (found !== sha256) return { between: `${file} is not what its facts say` };
    }
    const others = files(folder).filter((file) => !/\.dump(\.json)?$/.test(file));
    if (others.length > 0) return { between: others.join(' ') };
    return dumps.length > 0 ? 'new' : 'old';
  },
});

const files = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

const UNMIGRATED =
  'DROP SCHEMA IF EXISTS mart, stg CASCADE; DROP TABLE IF EXISTS alembic_version, kept, restored';

/** Migrations from nothing to head: each is a transaction, so any revision between is whole. */
export const migrate = (world: World, head: string): Subject => ({
  ...world,
  command: `al-up-env ENV=${world.environment}`,
  prepare: async () =>
    void (await world.db.sql(
      // Marked, because only a first run would mark it: a step that the runs after it do not have.
      `${UNMIGRATED}; COMMENT ON DATABASE ${world.database} IS 'makesafe.environment=${world.environment}'`,
    )),
  inspect: () => migratedState(world, head),
});

async function migratedState({ db: { sql } }: World, head: string): Promise<State> {
  const hasTable = (await sql(`SELECT to_regclass('alembic_version') IS NOT NULL`)) === 't';
  const found = hasTable
    ? await sql(`SELECT coalesce(string_agg(version_num, ' '), '') FROM alembic_version`)
    : '';
  const schemas = await sql(`SELECT count(*) FROM pg_namespace WHERE nspname IN ('mart', 'stg')`);
  if (found === '') return schemas === '0' ? 'old' : { between: `${schemas} schemas without a revision` };
  if (found !== head) return { between: `at ${found}` };
  // The last step grants what the migrations made.
  const granted = await sql(`SELECT has_table_privilege('app_readonly', 'mart.suppliers', 'SELECT')`);
  return granted === 't' ? 'new' : { between: 'at head, not granted' };
}

/** The whole runbook, from a database with rows to one at head; the server may be stopped and gone on the way. */
export const rebuild = (world: World, method: 'db' | 'volume', head: string): Subject => ({
  ...world,
  command: `db-rebuild-env WAIT=0 CACHE=0 METHOD=${method} ENV=${world.environment}`,
  prepare: async () => {
    // Where the last run failed, the next one would go on, and not begin.
    rmSync(world.scratch.path('journal'), { recursive: true, force: true });
    await world.start();
    await world.db.sql(UNMIGRATED);
    await makeOld(world);
  },
  settle: async () => {
    if ((await world.storage()) === 'old') await world.settle();
  },
  inspect: async () => {
    const storage = await world.storage();
    if (storage !== 'old') return { between: storage === 'new' ? 'no data' : storage.between };
    await world.start();
    const { sql } = world.db;
    const user = await sql('SELECT current_user', 'postgres');
    const found = await sql(ATTRIBUTES, 'postgres');
    const old = expected(world.database, user, world.environment);
    const open = `SELECT datallowconn FROM pg_database WHERE datname = '${world.database}'`;
    if ((await sql(open, 'postgres')) !== 't') return { between: `databases ${found}` };
    if ((await sql(`SELECT to_regclass('kept') IS NOT NULL`)) === 't') {
      const isWhole = found === old && (await sql('SELECT x FROM kept')) === '42';
      return isWhole ? 'old' : { between: `databases ${found}` };
    }
    const state = await migratedState(world, head);
    if (state !== 'new') return { between: typeof state === 'string' ? 'no revision' : state.between };
    const made = `${world.database}|-1||makesafe.environment=${world.environment}|t|f|`;
    return found === (method === 'db' ? old : made) ? 'new' : { between: `databases ${found}` };
  },
});
