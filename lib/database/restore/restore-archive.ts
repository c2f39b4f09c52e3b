import type { Transform } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import type { Client } from 'pg';
import type { TocEntry } from '../../dump/toc.ts';
import { placeOf } from '../../dump/archive.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { nowhere } from '../../dump/dump-file.ts';
import { quoteName } from '../../sql/quote.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import { AtOnce } from './at-once.ts';
import { openArchive } from './incoming.ts';
import { fillTable, fillTableOver } from './fill-table.ts';
import type { Judge } from './judge.ts';
import { hangingOn, linksIn } from '../../dump/read/links.ts';
import { oidsIn, ownerStatement } from '../../dump/read/rights.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import { isErrand } from '../../dump/read/forms.ts';
import { type Filling, type Ours, type Made, NOTHING_MADE } from './filling.ts';

/**
 * Restores a dump in custom or directory format without pg_restore: defines the entries of its table of contents in
 * their order, without owners and privileges, and loads the data. Stops at the first error that matters. Creates
 * as many indexes at a time as there are clients. Of a directory it loads as many tables, of a file one table over all
 * clients.
 *
 * @param filling what already exists, and who decides whether a failure matters
 * @throws FailedError with the entry and the server's message
 */
export async function restoreArchive(
  clients: readonly Client[],
  dump: Dump,
  meter: Transform,
  filling: Filling,
): Promise<void> {
  const { made = NOTHING_MADE, ours, only = () => true } = filling;
  const { encoding } = dump;
  const { head, incoming } = await openArchive(dump, meter);
  for (const client of clients) await client.query(SETTINGS);
  const own = new Set(head.entries.filter(({ kind }) => kind === 'TABLE').map(keyOf));
  const later = hangingOn(linksIn(head.entries), made.later);
  const wanted = new Set(
    head.entries
      .filter((entry) => isWanted(entry) && !isMade(entry, made) && !later.has(entry.id) && only(entry.id))
      .map(({ id }) => id),
  );
  const isSkipped = (entry: TocEntry): boolean => !wanted.has(entry.id);
  const atOnce = new AtOnce(clients);
  let next = await incoming.next();
  const skipData = async ({ id }: TocEntry): Promise<void> => {
    while (!next.done && next.value.entry === id) {
      await flow(next.value.content, nowhere());
      next = await incoming.next();
    }
  };
  try {
    for (const entry of [...head.entries.filter((one) => !isLate(one)), ...head.entries.filter(isLate)]) {
      if (isSkipped(entry)) {
        await skipData(entry);
        continue;
      }
      if (next.done || next.value.entry !== entry.id) {
        await atOnce.run(entry, isIndex(entry), (client) => define(client, entry, filling));
        continue;
      }
      // Only its owner may fill a table of an extension: that is the role that created the extension.
      const isOwn = entry.kind !== 'TABLE DATA' || own.has(keyOf(entry));
      const isTable = entry.kind === 'TABLE DATA' && dump.kind === 'directory';
      // One file has one table after the other: there all sessions fill the same table.
      const isShared = !isTable && entry.kind === 'TABLE DATA' && entry.copy !== '' && clients.length > 1;
      for (
        let first = true;
        !next.done && next.value.entry === entry.id;
        first = false, next = await incoming.next()
      ) {
        const { value } = next;
        const begin = first;
        await atOnce.run(entry, isTable, async (client) => {
          if (begin) await define(client, entry, filling);
          const filled =
            isShared && isOwn
              ? fillTableOver(clients, entry, value.content, encoding)
              : fillTable(isOwn || !ours ? client : ours.client, entry, value, encoding);
          await filled.catch((error: unknown) => {
            throw failureOf(entry, error);
          });
        });
      }
    }
  } finally {
    await atOnce.all();
  }
  if (!next.done) throw restoreFailure('its data', 'they are in another order than its table of contents');
}

const keyOf = ({ schema, name }: TocEntry): string => `${schema}\0${name}`;

const failureOf = (entry: TocEntry, error: unknown, whose?: 'ours'): Error =>
  restoreFailure(placeOf(entry), serverMessage(error, whose), entry.copy || entry.definition, error);

/**
 * What we define ourselves, in a sealed backup of this environment, if the file's role may not: pg_dump's own
 * statements that only define and run nothing of the file. Data, indexes, constraints and views would run something.
 */
const BY_US =
  /^(?:FOREIGN DATA WRAPPER|SERVER|USER MAPPING|FOREIGN TABLE|PROCEDURAL LANGUAGE|FUNCTION|PROCEDURE|AGGREGATE|SHELL TYPE|TYPE|CAST|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|ACCESS METHOD|TRANSFORM|TEXT SEARCH (?:PARSER|TEMPLATE|DICTIONARY|CONFIGURATION)|PUBLICATION|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|COMMENT|SECURITY LABEL|TRIGGER|RULE|SEQUENCE SET)$/;
/** The file's role has to own these, because later entries define objects in them. */
const HANDED_OVER = /^(?:SERVER|FOREIGN TABLE|TYPE)$/;

const INSUFFICIENT_PRIVILEGE = '42501';

const isMade = ({ kind, name }: TocEntry, { extensions, schemas }: Made): boolean =>
  (kind === 'EXTENSION' && extensions.has(name)) || (kind === 'SCHEMA' && schemas.has(name));

/** Each one locks only its own table, so they do not wait for each other. */
const isIndex = ({ kind }: TocEntry): boolean => kind === 'INDEX' || kind === 'CONSTRAINT';

/** As pg_restore sets them. Older servers do not have every one of these parameters: the join skips those. */
const SETTINGS = `
  SELECT set_config(name, value, false)
  FROM pg_settings JOIN (VALUES ('statement_timeout', '0'), ('lock_timeout', '0'), ('transaction_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'), ('default_transaction_read_only', 'off'),
    ('check_function_bodies', 'false'), ('xmloption', 'content'), ('client_min_messages', 'warning'),
    ('row_security', 'off')) AS ours (parameter, value) ON parameter = name`;

/** Owners and privileges are set separately, and the database itself already exists. */
const UNWANTED = new Set([
  ...['ACL', 'ACL LANGUAGE', 'DEFAULT ACL', 'DATABASE', 'DATABASE PROPERTIES', 'ENCODING', 'STATISTICS DATA'],
]);
const isWanted = (entry: TocEntry): boolean => {
  const { kind, name } = entry;
  const isAboutDatabase = /^(COMMENT|SECURITY LABEL)$/.test(kind) && name.startsWith('DATABASE ');
  return !UNWANTED.has(kind) && !isAboutDatabase && (!isErrand(entry) || kind === 'EXTENSION');
};

/** Runs last, as in pg_restore: the view may read any other object. */
const isLate = ({ kind }: TocEntry): boolean => kind === 'MATERIALIZED VIEW DATA';

async function define(client: Client, entry: TocEntry, { judge, ours }: Filling): Promise<void> {
  const { kind, definition, accessMethod } = entry;
  if (definition === '') return;
  if (kind === 'BLOB METADATA') {
    // Since PostgreSQL 17 one entry lists many large objects.
    const oids = oidsIn(definition);
    if (oids.length > 0)
      return void (await client.query('SELECT lo_create(oid) FROM unnest($1::oid[]) AS oid', [oids]));
  }
  // The tablespace of the dump is not set here: for a backup of this environment, `applyRights` sets it afterwards.
  if (STORED.test(kind) && accessMethod !== '') {
    const set = `SET default_table_access_method = ${quoteName(accessMethod)}`;
    await client.query(set).catch((error: unknown) => judge({ place: placeOf(entry), sql: set, error }));
  }
  try {
    await client.query(definition);
  } catch (error) {
    const isRefused = (error as { code?: string }).code === INSUFFICIENT_PRIVILEGE;
    if (isRefused && ours && BY_US.test(kind)) return defineOurselves(ours, entry);
    await judgeEach(client, entry, error, judge);
  }
}

const STORED = /^(?:TABLE|MATERIALIZED VIEW)$/;

async function defineOurselves({ client, cage }: Ours, entry: TocEntry): Promise<void> {
  try {
    await client.query(entry.definition);
  } catch (error) {
    throw failureOf(entry, error, 'ours');
  }
  const handOver = cage !== undefined && HANDED_OVER.test(entry.kind) && ownerStatement(entry, cage);
  if (handOver) await client.query(handOver);
}

/** Several statements in one query are one transaction, so all were rolled back: each one runs again by itself. */
async function judgeEach(client: Client, entry: TocEntry, error: unknown, judge: Judge): Promise<void> {
  const place = placeOf(entry);
  const statements = splitStatements(entry.definition);
  if (statements.length === 1) return judge({ place, sql: entry.definition, error });
  for (const { sql } of statements)
    await client.query(sql).catch((failed: unknown) => judge({ place, sql, error: failed }));
}
