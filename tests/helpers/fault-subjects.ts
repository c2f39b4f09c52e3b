import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Asker } from './database.ts';
import type { State, Subject } from './faults.ts';
import type { Scratch } from './scratch.ts';

/** An environment of one of the two stacks, as the subjects see it. */
export interface World extends Omit<Subject, 'command' | 'prepare' | 'inspect'> {
  readonly scratch: Scratch;
  readonly environment: string;
  readonly db: Asker;
  readonly database: string;
  /** Whether data of the server exist, and where else than in their place. */
  readonly storage: () => Promise<State>;
}

/** All that belongs to the database itself. */
const attributes = (database: string): string => `
  SELECT datconnlimit, datacl::text, shobj_description(d.oid, 'pg_database'), datallowconn, datistemplate,
    (SELECT array_agg(setrole::regrole || ' ' || one ORDER BY 1) FROM pg_db_role_setting, unnest(setconfig) one
     WHERE setdatabase = d.oid)
  FROM pg_database d WHERE datname = '${database}'`;

const expected = (user: string, environment: string): string =>
  `17|{=Tc/${user},${user}=CTc/${user},reader=c/${user}}|the comment\nmakesafe.environment=${environment}` +
  '|t|f|{"- app.finished=yes"}';

/** Makes a database with attributes of its own, and 42 in it. */
async function makeOld({ db, database, environment }: World): Promise<void> {
  const { sql } = db;
  const user = await sql('SELECT current_user', 'postgres');
  await sql(
    `DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS x;
     DO $$ BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
     GRANT CONNECT ON DATABASE ${database} TO reader;
     ALTER DATABASE ${database} CONNECTION LIMIT 17;
     ALTER DATABASE ${database} SET app.finished TO 'yes';
     COMMENT ON DATABASE ${database} IS E'the comment\\nmakesafe.environment=${environment}'`,
  );
  expectedOf.set(database, expected(user, environment));
}
const expectedOf = new Map<string, string>();

/** The database as an application finds it: the old rows, or what `isNew` looks for; and nothing beside it. */
async function databaseState({ db, database }: World, isNew: string): Promise<State> {
  const { sql } = db;
  const list = await sql('SELECT datname FROM pg_database ORDER BY 1', 'postgres');
  const expected = [database, 'postgres', 'template0', 'template1'].sort().join('\n');
  if (list !== expected) return { between: `databases ${list.replaceAll('\n', ' ')}` };
  const found = await sql(attributes(database), 'postgres');
  if (found !== expectedOf.get(database)) return { between: `attributes ${found}` };
  const old = await sql(`SELECT to_regclass('kept') IS NOT NULL`);
  if (old === 't') return (await sql('SELECT x FROM kept')) === '42' ? 'old' : { between: 'other rows' };
  return (await sql(isNew)) === 't' ? 'new' : { between: 'neither the old rows nor the new ones' };
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
  prepare: async () => {
    await world.db.sql('DROP TABLE IF EXISTS restored');
    await makeOld(world);
  },
  inspect: () =>
    databaseState(
      world,
      `SELECT to_regclass('restored') IS NOT NULL AND (SELECT count(*) = 500 FROM restored)`,
    ),
});

export const resetVolume = (world: World): Subject => ({
  ...world,
  command: `db-reset-volume-env WAIT=0 ENV=${world.environment}`,
  prepare: async () => {
    await world.scratch.mustTask(`up ENV=${world.environment}`);
    await makeOld(world);
  },
  inspect: world.storage,
});

/** The files of a backup: none, or whole ones; the database is what it was. */
export const backup = (world: World, folder: string): Subject => ({
  ...world,
  command: `backup ENV=${world.environment} BACKUP_DIR=${folder}`,
  prepare: async () => {
    for (const file of files(folder)) rmSync(`${folder}/${file}`, { recursive: true });
    await makeOld(world);
  },
  inspect: async () => {
    const source = await databaseState(world, EMPTY);
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

/** Migrations from nothing to head: each is a transaction, so any revision between is whole. */
export const migrate = (world: World, head: string): Subject => ({
  ...world,
  command: `al-up-env ENV=${world.environment}`,
  prepare: async () => void (await world.scratch.mustTask(`db-reset-db-env WAIT=0 ENV=${world.environment}`)),
  inspect: async () => {
    const { sql } = world.db;
    if ((await sql(`SELECT to_regclass('alembic_version') IS NULL`)) === 't') return 'old';
    const found = await sql('SELECT string_agg(version_num, $$ $$) FROM alembic_version');
    if (found === '') return 'old';
    if (found !== head) return { between: `at ${found}` };
    // The last step grants what the migrations made.
    const granted = await sql(`SELECT has_table_privilege('app_readonly', 'mart.suppliers', 'SELECT')`);
    return granted === 't' ? 'new' : { between: 'at head, not granted' };
  },
});
