import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import pg from 'pg';
import { clientAsker, type Asker } from './database.ts';
import type { Ran, Running } from './processes.ts';
import type { Scratch } from './scratch.ts';

/**
 * Two environments that run side by side, as tests see them that try to reach the one through the other: `shop_stg`,
 * which the commands name, and `shop_prod`, which is protected. On the server of shop_stg there is a database of
 * somebody else, `other`.
 */
export interface Stage {
  readonly scratch: Scratch;
  /** Databases are asked as their superuser, past the code under test. */
  readonly stg: Asker;
  readonly prod: Asker;
  /** A folder that the server of shop_stg may write to, as that server names it. */
  readonly place: string;
  readonly port: (environment: Environment) => number;
  /** Starts its server on the data that there are, or on new ones; resolves when it answers. */
  readonly start: (environment: Environment) => Promise<void>;
  readonly stop: (environment: Environment) => Promise<void>;
  /** What stands around the databases and does not belong to shop_stg: containers, volumes, folders. */
  readonly around: () => Promise<unknown>;
  /** The same of shop_stg: which server runs there, on which storage. */
  readonly own: () => Promise<unknown>;
}

export type Environment = 'shop_stg' | 'shop_prod';
export const ENVIRONMENTS = ['shop_stg', 'shop_prod'] as const;

/** The superuser of both servers, and its password in both: what reaches the wrong server is let in. */
export const LOGIN = { user: 'app', password: 'simple' };

/** Whatever a row sets for a database or a role, the test's own questions are asked and answered as always. */
const OURS =
  '-c search_path=public -c role=none -c statement_timeout=0 -c lock_timeout=0 -c default_transaction_read_only=off';

/** @param port looked up for each question: a server that is started anew may have another one */
export function stageAsker(port: () => number): Asker {
  return clientAsker(async (database) => {
    const client = new pg.Client({
      ...{ ...LOGIN, host: '127.0.0.1', port: port(), database, connectionTimeoutMillis: 10_000 },
      types: { getTypeParser: () => (value: unknown) => value },
      options: OURS,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }, 'core');
}

const ROWS = 1000;
/** Made as late as a row needs it, and again whenever a row has changed it. */
export const FILL = `CREATE TABLE kept AS SELECT x FROM generate_series(1, ${ROWS}) x`;
const KEPT = `SELECT coalesce((xpath('//n/text()', query_to_xml('SELECT count(*) AS n FROM ' || c.oid::regclass,
  true, true, '')))[1]::text, '') FROM pg_class c WHERE relname = 'kept' AND relnamespace = 'public'::regnamespace`;

/** Everything that the databases of a server share, but for database core and the settings in it. */
const SHARED = `
  SELECT string_agg(line, E'\\n' ORDER BY line COLLATE "C") FROM (
    SELECT concat_ws('|', 'database', oid, datname, datdba, datallowconn, datistemplate, datconnlimit, dattablespace,
      datacl, shobj_description(oid, 'pg_database')) AS line FROM pg_database WHERE datname <> 'core'
    UNION ALL SELECT 'role ' || r::text FROM pg_authid r
    UNION ALL SELECT 'member ' || m::text FROM pg_auth_members m
    UNION ALL SELECT 'setting ' || s::text FROM pg_db_role_setting s
      WHERE setdatabase NOT IN (SELECT oid FROM pg_database WHERE datname = 'core')
    UNION ALL SELECT 'tablespace ' || t::text FROM pg_tablespace t
    UNION ALL SELECT 'parameter ' || p::text FROM pg_parameter_acl p
    UNION ALL SELECT 'comment ' || d::text FROM pg_shdescription d WHERE classoid <> 'pg_database'::regclass
    UNION ALL SELECT 'configuration ' || pg_read_file(name)
      FROM unnest(ARRAY['postgresql.auto.conf', current_setting('hba_file')]) name) all_lines`;

/** What somebody else has made in a database. */
const MADE = `
  SELECT string_agg(line, E'\\n' ORDER BY line COLLATE "C") FROM (
    SELECT concat_ws('|', relnamespace::regnamespace, relname, relkind, relowner, relacl) AS line FROM pg_class WHERE oid > 16383
    UNION ALL SELECT oid::regprocedure || md5(prosrc) FROM pg_proc WHERE oid > 16383
    UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata) all_lines`;
const TARGET = `SELECT concat_ws('|', oid, datallowconn, datistemplate, datconnlimit, datacl,
  shobj_description(oid, 'pg_database'), (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = oid AND setrole = 0),
  (SELECT string_agg(gid, ' ') FROM pg_prepared_xacts WHERE database = 'core'),
  (SELECT system_identifier FROM pg_control_system())) FROM pg_database WHERE datname = 'core'`;

/** Everything that could be touched, as texts that are equal as long as it was not. */
export interface Snapshot {
  /** All that the commands were not told of. */
  readonly outside: unknown;
  /** What stands on the server of shop_stg beside its database: a reset of the volume takes that as well. */
  readonly beside: unknown;
  /** Database core of shop_stg, and where it lies. */
  readonly target: unknown;
}

const answerOf = (asker: Asker, sql: string, database?: string): Promise<string> =>
  asker.sql(sql, database).catch((error: unknown) => String(error));

/** What a run that is at its work has beside the database; when it has ended, all of that is gone. */
function withoutOurs(shared: string): string {
  const [, role] = /^role \((\d+),makesafe_cage_/m.exec(shared) ?? [];
  const isOurs = (line: string): boolean =>
    /core__new|makesafe_cage_/.test(line) || (role !== undefined && new RegExp(`\\b${role}\\b`).test(line));
  return shared
    .split('\n')
    .filter((line) => !isOurs(line))
    .join('\n');
}

/** @param during a run is at its work */
export async function snapshot(stage: Stage, during = false): Promise<Snapshot> {
  const { stg, prod } = stage;
  const [shared, place, other, maintenance, neighbour, target, rows, around, own] = await Promise.all([
    answerOf(stg, SHARED, 'postgres'),
    answerOf(
      stg,
      `SELECT string_agg(name, ' ' ORDER BY name) FROM pg_ls_dir('${stage.place}') name`,
      'postgres',
    ),
    answerOf(stg, `${MADE}; ${KEPT}`, 'other'),
    answerOf(stg, MADE, 'postgres'),
    answerOf(prod, `${SHARED}; ${TARGET}; ${MADE}; ${KEPT}`),
    answerOf(stg, TARGET, 'postgres'),
    answerOf(stg, `${KEPT}; ${MADE}`),
    stage.around(),
    stage.own(),
  ]);
  const files = Object.fromEntries(
    [...filesOf(stage.scratch)].map(([name, { text }]) => [name, digest(text)]),
  );
  return {
    outside: { neighbour, around, files },
    beside: { shared: during ? withoutOurs(shared) : shared, place, other, maintenance },
    target: { target, rows, own },
  };
}

/** Makes both environments what they are at the beginning, whatever stands there. */
export async function setStage(stage: Stage): Promise<void> {
  await Promise.all(ENVIRONMENTS.map((name) => stage.start(name)));
  await Promise.all([setServer(stage.stg, 'shop_stg', ['other']), setServer(stage.prod, 'shop_prod', [])]);
}

async function setServer(asker: Asker, environment: Environment, others: string[]): Promise<void> {
  const ask = (sql: string): Promise<string> => asker.sql(sql, 'postgres');
  const left = await ask(
    `SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')`,
  );
  for (const name of left.split('\n').filter(Boolean)) {
    await ask(`ALTER DATABASE "${name}" IS_TEMPLATE false`);
    await ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    for (const id of (await ask(`SELECT gid FROM pg_prepared_xacts WHERE database = '${name}'`))
      .split('\n')
      .filter(Boolean))
      await asker.sql(`ROLLBACK PREPARED '${id}'`, name);
    await ask(`DROP DATABASE "${name}" WITH (FORCE)`);
  }
  for (const name of ['core', ...others]) {
    await ask(`CREATE DATABASE ${name} TEMPLATE template0`);
    await asker.sql(FILL, name);
  }
  await ask(`COMMENT ON DATABASE core IS 'makesafe.environment=${environment}'`);
  await ask('ALTER SYSTEM RESET ALL');
  // Nobody may log in as it: what a run of its own would do with it is seen by its attributes.
  await ask(`DO $$ BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    DO $$ BEGIN CREATE ROLE app_readonly; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    ALTER ROLE reader NOSUPERUSER NOLOGIN; ALTER ROLE reader SET app.mine = '1'; ALTER ROLE app RESET ALL;
    DO $$ DECLARE r name; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE oid > 16383 AND rolname NOT IN ('reader',
      'app_readonly') LOOP EXECUTE format('DROP ROLE %I', r); END LOOP; END $$`);
}

interface File {
  readonly text: string;
  readonly isLink: boolean;
}

/** What a person wrote, and what makesafe is told by: the rest of the copy is code and the servers' own files. */
const FOLDERS = ['env', 'secrets', 'docker', 'app', 'scripts'];

export function filesOf({ root }: Scratch): Map<string, File> {
  const found = new Map<string, File>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stat = lstatSync(path);
      if (stat.isDirectory()) visit(path);
      else if (stat.isSymbolicLink())
        found.set(relative(root, path), { text: readlinkSync(path), isLink: true });
      else
        found.set(relative(root, path), {
          text: stat.isFile() ? readFileSync(path, 'latin1') : '',
          isLink: false,
        });
    }
  };
  for (const folder of FOLDERS.filter((name) => existsSync(join(root, name)))) visit(join(root, folder));
  for (const name of ['makefile', 'package.json'])
    found.set(name, { text: readFileSync(join(root, name), 'latin1'), isLink: false });
  return found;
}

/** Puts the files back that a row has changed, and removes what it has made. */
export function putBack(scratch: Scratch, files: ReadonlyMap<string, File>): void {
  const now = filesOf(scratch);
  for (const name of now.keys()) if (!files.has(name)) rmSync(scratch.path(name), { recursive: true });
  for (const [name, { text, isLink }] of files) {
    if (now.get(name)?.text === text && now.get(name)?.isLink === isLink) continue;
    rmSync(scratch.path(name), { recursive: true, force: true });
    mkdirSync(dirname(scratch.path(name)), { recursive: true });
    if (isLink) symlinkSync(text, scratch.path(name));
    else
      writeFileSync(scratch.path(name), text, {
        encoding: 'latin1',
        mode: name.startsWith('secrets') ? 0o600 : 0o644,
      });
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Milliseconds in which every run has come to a verdict, also on a busy machine. */
const VERDICT = 40_000;

/** What a run came to; without a verdict in time it is killed, which is a status of its own. */
export async function verdict(running: Running): Promise<Ran> {
  const timer = setTimeout(() => running.interrupt('SIGKILL'), VERDICT);
  return running.ended.finally(() => clearTimeout(timer));
}

/** Runs a task; at the countdown's only second it stands still, and something happens. */
export async function inCountdown(
  { scratch }: Stage,
  words: string | readonly string[],
  change: () => Promise<unknown>,
): Promise<Ran> {
  const all = typeof words === 'string' ? words.split(' ') : words;
  const running = scratch.startTask([...all, 'WAIT=1']);
  await running.printed('Starting in 1');
  running.interrupt('SIGSTOP');
  await change().finally(() => running.interrupt('SIGCONT'));
  return verdict(running);
}
