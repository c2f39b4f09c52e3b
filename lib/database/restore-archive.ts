import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline, Readable, type Transform } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { decompressor } from '../archive/decompress.ts';
import type { Compression, Entry } from '../archive/toc.ts';
import { readData, readHead, type ArchiveHead } from './archive.ts';
import { ByteStream } from './byte-stream.ts';
import { openDump, type Dump } from './dump.ts';
import { compressionOf, dataFiles } from './dump-file.ts';
import { restoreFailure, serverMessage } from './restore-failure.ts';
import { restoreStatements } from './restore-script.ts';
import { errandsOf } from './restore/forms.ts';

/** Data on their way in, decompressed. */
interface Incoming {
  readonly entry: number;
  readonly oid?: number;
  readonly content: Readable;
}

/**
 * Restores a dump in custom or directory format without pg_restore: what its table of contents defines, in its order,
 * without owners and privileges, and the data. Stops at the first error. Of a folder, as many tables are filled and
 * indexes made at a time as there are clients.
 *
 * @param made the extensions and schemas that are there already
 * @throws FailedError naming the entry and what the server said
 */
export async function restoreArchive(
  clients: readonly Client[],
  dump: Dump,
  meter: Transform,
  made: Made = NOTHING_MADE,
): Promise<void> {
  const { head, incoming } = await openArchive(dump, meter);
  for (const client of clients) await client.query(SETTINGS);
  const wanted = head.entries.filter((entry) => isWanted(entry) && !isMade(entry, made));
  const atOnce = new AtOnce(dump.kind === 'directory' ? clients : clients.slice(0, 1));
  let next = await incoming.next();
  try {
    for (const entry of [...wanted.filter((one) => !isLate(one)), ...wanted.filter(isLate)]) {
      const failing = (error: unknown): never => {
        throw restoreFailure(placeOf(entry), serverMessage(error), entry.copy || entry.definition, error);
      };
      if (next.done || next.value.entry !== entry.id) {
        await atOnce.run(entry, isIndex(entry), (client) => define(client, entry).catch(failing));
        continue;
      }
      const isTable = entry.kind === 'TABLE DATA' && dump.kind === 'directory';
      for (
        let first = true;
        !next.done && next.value.entry === entry.id;
        first = false, next = await incoming.next()
      ) {
        const { value } = next;
        const begin = first;
        await atOnce.run(entry, isTable, async (client) => {
          if (begin) await define(client, entry).catch(failing);
          await fill(client, entry, value).catch(failing);
        });
      }
    }
  } finally {
    await atOnce.all();
  }
  if (!next.done) throw restoreFailure('its data', 'they are in another order than its table of contents');
}

/** What makesafe has made itself before. */
export interface Made {
  readonly extensions: ReadonlySet<string>;
  readonly schemas: ReadonlySet<string>;
}
export const NOTHING_MADE: Made = { extensions: new Set(), schemas: new Set() };

const isMade = ({ kind, name }: Entry, { extensions, schemas }: Made): boolean =>
  (kind === 'EXTENSION' && extensions.has(name)) || (kind === 'SCHEMA' && schemas.has(name));

/** Locks one table each, so that they do not wait for each other. */
const isIndex = ({ kind }: Entry): boolean => kind === 'INDEX' || kind === 'CONSTRAINT';

/** Gives work to one of several clients; what may not overlap waits until all that runs is done. */
class AtOnce {
  readonly #free: Client[];
  readonly #running = new Map<number, Promise<void>>();
  #failed: { readonly error: unknown } | undefined;

  constructor(clients: readonly Client[]) {
    this.#free = [...clients];
  }

  async run(
    { id, dependencies }: Entry,
    overlaps: boolean,
    work: (client: Client) => Promise<void>,
  ): Promise<void> {
    if (!overlaps || dependencies.some((other) => this.#running.has(other))) await this.all();
    while (this.#free.length === 0) await Promise.race(this.#running.values());
    if (this.#failed) throw this.#failed.error;
    const client = this.#free.pop()!;
    const done = work(client)
      .catch((error: unknown) => void (this.#failed ??= { error }))
      .finally(() => {
        this.#free.push(client);
        this.#running.delete(id);
      });
    this.#running.set(id, done);
    if (!overlaps) await this.all();
  }

  async all(): Promise<void> {
    await Promise.all(this.#running.values());
    if (this.#failed) throw this.#failed.error;
  }
}

/** As pg_restore sets them. A missing parameter is one of a newer server. */
const SETTINGS = `
  SELECT set_config(name, value, false)
  FROM pg_settings JOIN (VALUES ('statement_timeout', '0'), ('lock_timeout', '0'), ('transaction_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'), ('default_transaction_read_only', 'off'),
    ('check_function_bodies', 'false'), ('xmloption', 'content'), ('client_min_messages', 'warning'),
    ('row_security', 'off')) AS ours (parameter, value) ON parameter = name`;

/** Owners and privileges are those of the environment, and the database itself is there already. */
const UNWANTED = new Set([
  ...['ACL', 'ACL LANGUAGE', 'DEFAULT ACL', 'DATABASE', 'DATABASE PROPERTIES', 'ENCODING', 'STATISTICS DATA'],
]);
const isWanted = (entry: Entry): boolean => {
  const { kind, name } = entry;
  const isAboutDatabase = /^(COMMENT|SECURITY LABEL)$/.test(kind) && name.startsWith('DATABASE ');
  return !UNWANTED.has(kind) && !isAboutDatabase && (!isErrand(entry) || kind === 'EXTENSION');
};

/** What needs more rights than the dump gets; makesafe does it, where it has the form that pg_dump gives it. */
export const isErrand = ({ kind, name, definition }: Entry): boolean =>
  (/^(EXTENSION|EVENT TRIGGER)$/.test(kind) ||
    (kind === 'COMMENT' && /^(EXTENSION|EVENT TRIGGER) /.test(name))) &&
  errandsOf(definition) !== undefined;

/** Runs last, as in pg_restore: it may read from all there is. */
const isLate = ({ kind }: Entry): boolean => kind === 'MATERIALIZED VIEW DATA';

/** `TABLE mart.suppliers` */
export const placeOf = ({ kind, schema, name }: Entry): string =>
  `${kind} ${schema === '' ? '' : `${schema}.`}${name}`;

async function define(client: Client, { kind, definition, tablespace, accessMethod }: Entry): Promise<void> {
  if (definition === '') return;
  if (kind === 'BLOB METADATA') {
    // Since 17 one entry lists many.
    const oids = definition.match(/^\d+$/gm);
    if (oids) return void (await client.query('SELECT lo_create(oid) FROM unnest($1::oid[]) AS oid', [oids]));
  }
  if (/^(TABLE|INDEX|MATERIALIZED VIEW|CONSTRAINT)$/.test(kind)) {
    await client.query(`SELECT set_config('default_tablespace', $1, false)`, [tablespace]);
    if (accessMethod !== '')
      await client.query(`SELECT set_config('default_table_access_method', $1, false)`, [accessMethod]);
  }
  await client.query(definition);
}

async function fill(client: Client, { copy }: Entry, { oid, content }: Incoming): Promise<void> {
  if (oid !== undefined) return fillLargeObject(client, oid, content);
  if (copy === '') return restoreStatements(client, content);
  await flow(content, client.query(from(copy)));
}

async function fillLargeObject(client: Client, oid: number, content: Readable): Promise<void> {
  let at = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    await client.query('SELECT lo_put($1, $2, $3)', [oid, at, chunk]);
    at += chunk.length;
  }
}

interface Archive {
  readonly head: ArchiveHead;
  readonly incoming: AsyncGenerator<Incoming>;
}

async function openArchive(dump: Dump, meter: Transform): Promise<Archive> {
  if (dump.kind === 'custom') {
    const bytes = new ByteStream(openDump(dump, meter));
    const head = await readHead(bytes);
    return { head, incoming: customData(bytes, head) };
  }
  const head = await readHead(new ByteStream(createReadStream(join(dump.path, 'toc.dat'))));
  return { head, incoming: directoryData(dump.path, head, meter) };
}

async function* customData(bytes: ByteStream, head: ArchiveHead): AsyncGenerator<Incoming> {
  for await (const { bytes: raw, ...data } of readData(bytes, head)) {
    const source = Readable.from(raw, { objectMode: false });
    yield { ...data, content: decompressed(source, head.compression) };
  }
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* directoryData(folder: string, head: ArchiveHead, meter: Transform): AsyncGenerator<Incoming> {
  meter.resume();
  for (const { entry, oid, path } of dataFiles(folder, head)) {
    const source = createReadStream(path);
    source.on('data', (chunk) => meter.write(chunk));
    const content = decompressed(source, compressionOf(path));
    yield { entry: entry.id, ...(oid === undefined ? {} : { oid }), content };
  }
}

/** Whoever reads it gets the error of the file as well. */
function decompressed(source: Readable, compression: Compression): Readable {
  const stage = decompressor(compression);
  if (!stage) return source;
  pipeline(source, stage, () => {});
  return stage;
}
