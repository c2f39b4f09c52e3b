import { PassThrough, Readable, type Writable } from 'node:stream';
import type { Client } from 'pg';
import { IncomparableError, messageOf } from '../../errors.ts';
import type { Result } from '../../system/process.ts';
import { comparingSettings, type Settings } from '../../stack/postgres/settings.ts';
import type { Archive } from '../../dump/archive.ts';
import { readCustom } from '../../dump/dump-file.ts';
import { readCatalog, type Catalog } from './catalog.ts';
import type { SideSummary } from './side-summary.ts';
import { readCoverage } from './coverage.ts';
import { isKnownKind, objectsOf, type SchemaObject } from './objects.ts';
import { asPlain } from './plain.ts';
import { readPrivileges, type Granted } from './privileges.ts';
import { roleNames, type Roles } from './roles.ts';
import { readRoles, type ServerRole } from './server-roles.ts';

/** A database to read, as a stack gives it. */
export interface Source {
  readonly label: string;
  readonly roles: Roles;
  withClient<T>(work: (client: Client) => Promise<T>): Promise<T>;
  /** @param settings for pg_dump's session, in addition to the usual ones */
  dump(args: readonly string[], output: Writable, settings: Settings): Promise<Result>;
}

/** Everything that is compared of one side. */
export interface Side {
  readonly summary: SideSummary;
  readonly objects: readonly SchemaObject[];
  readonly roles: readonly ServerRole[];
  /** Sentences that say what could not be read. */
  readonly incomplete: readonly string[];
}

export interface Scope {
  /** False if the other side is a file, which lacks what only the catalogs show. */
  readonly catalog: boolean;
  /** Owners, grants, and roles. */
  readonly privileges: boolean;
  /** True if the other side is plain SQL: then only what plain SQL shows is compared. */
  readonly plain: boolean;
}

const ARGUMENTS = ['--schema-only', '--format=custom', '--no-privileges', '--encoding=UTF8'];

interface Begun {
  readonly snapshot: string;
  readonly major: number;
}
const BEGUN = `SELECT pg_export_snapshot() AS snapshot, current_setting('server_version_num')::int / 10000 AS major`;

/**
 * Reads a database: a dump, and with the same snapshot what no dump shows.
 *
 * @throws IncomparableError if pg_dump fails
 */
export function readDatabase(source: Source, scope: Scope): Promise<Side> {
  return source.withClient(async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET LOCAL search_path = ''`);
    const { rows } = await client.query<Begun>(BEGUN);
    const { snapshot, major } = rows[0]!;
    await client.query(`SET LOCAL lc_monetary = 'C'`);
    const dump = dumpArchive(source, client, snapshot, comparingSettings(major));
    const [{ archive, warnings }, read] = await Promise.all([dump, readServer(source, client, scope, dump)]);
    return {
      ...sideOf(source, archive, scope, read),
      incomplete: [...warnings, ...unknownKinds(archive), ...read.coverage],
    };
  });
}

interface Server {
  readonly catalog: Catalog;
  readonly logical: (role: string) => string;
  readonly roles: readonly ServerRole[];
  readonly granted: Granted | undefined;
  readonly coverage: readonly string[];
}

type Dump = Promise<{ archive: Archive; warnings: string[] }>;

/** Reads the catalogs while pg_dump runs, one query after the other. Only queries that need the dump wait for it. */
async function readServer(
  { label, roles: stated }: Source,
  client: Client,
  scope: Scope,
  dump: Dump,
): Promise<Server> {
  const catalog = await readCatalog(client);
  const existing = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles');
  const names = new Set(existing.rows.map(({ rolname }) => rolname));
  const logical = roleNames(label, stated, catalog.database.owner, names);
  const roles = scope.catalog && scope.privileges ? await readRoles(client, logical) : [];
  const uncovered = await readCoverage(client);
  const dumped = dump.then(({ archive }) => new Set(archive.entries.map((entry) => entry.catalog)));
  // Avoids an unhandled rejection: `readDatabase` reports a failed dump.
  dumped.catch(() => {});
  const granted =
    scope.catalog && scope.privileges ? await readPrivileges(client, dumped, logical) : undefined;
  const coverage = await uncovered(await dumped);
  return { catalog, logical, roles, granted, coverage };
}

async function dumpArchive(source: Source, client: Client, snapshot: string, settings: Settings): Dump {
  const chunks: Buffer[] = [];
  const output = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  const { status, stderr } = await source.dump([...ARGUMENTS, `--snapshot=${snapshot}`], output, settings);
  if (status !== 0) throw await dumpError(source.label, status, stderr, client);
  try {
    const archive = await readCustom(Readable.from(chunks));
    return { archive, warnings: stderr.split('\n').filter(isNews) };
  } catch (error) {
    throw new IncomparableError(`the dump of ${source.label} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Whether a line of pg_dump is a warning that `readCoverage` does not give by itself, with names. */
const isNews = (line: string): boolean =>
  line.startsWith('pg_dump: ') &&
  !line.includes('subscriptions not dumped because current user is not a superuser');

/** The error of a failed pg_dump. It locks every table, so the server may run out of locks: then suggests a setting. */
async function dumpError(
  label: string,
  status: number,
  stderr: string,
  client: Client,
): Promise<IncomparableError> {
  const message = `pg_dump of ${label} failed (status ${status}): ${stderr.trim()}`;
  if (!/out of shared memory|max_locks_per_transaction/.test(stderr)) return new IncomparableError(message);
  const { rows } = await client.query<{ setting: string; tables: number; connections: number }>(`
    SELECT current_setting('max_locks_per_transaction') AS setting,
           current_setting('max_connections')::int AS connections,
           (SELECT count(*)::int FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) AS tables`);
  const { setting, tables, connections } = rows[0]!;
  const enough = Math.max(128, 2 ** Math.ceil(Math.log2((2 * tables) / connections)));
  return new IncomparableError(message, {
    hint: `${label}: ALTER SYSTEM SET max_locks_per_transaction = ${enough} (it is ${setting}, too low for pg_dump's locks on ${tables} relations), then restart the server`,
  });
}

/** Sentences that name kinds of entries that makesafe does not know. */
export function unknownKinds({ entries }: Archive): string[] {
  const kinds = new Set(entries.map(({ kind }) => kind));
  return [...kinds]
    .filter((kind) => !isKnownKind(kind))
    .map((kind) => `pg_dump's kind ${kind} is not known to this version of makesafe`);
}

function sideOf({ label }: Source, archive: Archive, scope: Scope, server: Server): Omit<Side, 'incomplete'> {
  const { catalog, logical, granted, roles } = server;
  const entries = scope.plain ? archive.entries.map(asPlain) : archive.entries;
  const objects = objectsOf(entries, {
    logical,
    owners: scope.privileges && !scope.plain,
    known: (id) => ({
      ...(scope.catalog ? { facts: catalog.facts.get(id), owner: catalog.owners.get(id) } : {}),
      privileges: granted && (granted.of.get(id) ?? []),
    }),
  });
  return {
    summary: {
      label,
      source: 'environment',
      database: catalog.database.name,
      serverVersion: catalog.database.serverVersion,
      pgDumpVersion: archive.pgDumpVersion,
    },
    objects: scope.catalog ? [...objects, ...fromCatalog(archive, scope, server)] : objects,
    roles,
  };
}

/** What no dump shows, as objects of their own. */
function fromCatalog(
  { entries }: Archive,
  scope: Scope,
  { catalog, granted, logical }: Server,
): SchemaObject[] {
  const dumped = new Set(entries.map((entry) => entry.catalog));
  const isPublic = ({ kind, name }: SchemaObject): boolean => kind === 'SCHEMA' && name === 'public';
  const objects = catalog.objects
    .filter((object) => !dumped.has(object.catalog) || isPublic(object))
    .map(({ catalog: id, owner, table, ...object }): SchemaObject => ({
      ...object,
      ...(table === undefined ? {} : { table: object.kind === 'ROLE SETTING' ? logical(table) : table }),
      ...(owner === undefined || !scope.privileges ? {} : { owner: logical(owner) }),
      ...(granted ? { privileges: granted.of.get(id) ?? [] } : {}),
    }));
  if (!granted) return objects;
  const described = new Set(catalog.objects.map((object) => object.catalog));
  const empty = { definition: '', secret: '', facts: [], comments: [], implicit: true } as const;
  for (const [id, identity] of granted.identities) {
    if (!described.has(id)) objects.push({ ...empty, ...identity, privileges: granted.of.get(id)! });
  }
  for (const acl of granted.defaults) objects.push({ ...empty, kind: 'DEFAULT ACL', ...acl });
  return objects;
}
