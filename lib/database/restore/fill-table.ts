import { Readable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { decoderFor } from '../../dump/encodings.ts';
import type { TocEntry } from '../../dump/toc.ts';
import { quoteText } from '../../sql/quote.ts';
import { restoreStatements } from './restore-script.ts';
import type { Incoming } from './incoming.ts';

/**
 * Fills a table or a large object with the data of an entry.
 *
 * @param encoding of the archive's text; the data have the same one
 */
export async function fillTable(
  client: Client,
  { copy }: TocEntry,
  { oid, content }: Incoming,
  encoding: string | undefined,
): Promise<void> {
  if (oid !== undefined) return fillLargeObject(client, oid, content);
  if (copy === '') return restoreStatements(client, inUtf8(content, encoding));
  await flow(content, client.query(from(copyStatement(copy, encoding))));
}

/** The server reads the rows as they were written; what is said of them is in UTF-8 by now. */
function copyStatement(copy: string, encoding: string | undefined): string {
  const isOther = encoding !== undefined && !/^(?:UTF8|SQL_ASCII)$/.test(encoding);
  return isOther ? copy.replace(/;\s*$/, ` WITH (ENCODING ${quoteText(encoding)});`) : copy;
}

/**
 * Fills a table over several sessions at once. Each takes the next piece of whole rows as soon as it has room.
 *
 * @throws the error of the first session that fails; the others end with the rows that they have
 */
export async function fillTableOver(
  clients: readonly Client[],
  { copy }: TocEntry,
  content: Readable,
  encoding: string | undefined,
): Promise<void> {
  const pieces = wholeRows(content);
  let failed: { readonly error: unknown } | undefined;
  async function* share(): AsyncGenerator<Buffer> {
    while (!failed) {
      const next = await pieces.next();
      if (next.done) return;
      yield next.value;
    }
  }
  const statement = copyStatement(copy, encoding);
  await Promise.all(
    clients.map((client) =>
      flow(Readable.from(share()), client.query(from(statement))).catch(
        (error: unknown) => (failed ??= { error }),
      ),
    ),
  );
  if (!failed) return;
  content.destroy();
  throw failed.error;
}

/**
 * Pieces of what pg_dump writes for COPY, each of whole rows: no row has a line feed of its own
 * (https://www.postgresql.org/docs/current/sql-copy.html, text format). The end mark is left out, with the empty lines
 * behind it: to another session than the one that has got the mark they would be rows.
 */
export async function* wholeRows(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let isOver = false;
  for await (const chunk of content) {
    if (isOver) continue;
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      parts.push(chunk);
      continue;
    }
    const rows =
      parts.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...parts, chunk.subarray(0, end)]);
    parts = end < chunk.length ? [chunk.subarray(end)] : [];
    const mark = endMarkIn(rows);
    isOver = mark !== undefined;
    if (mark !== 0) yield rows.subarray(0, mark);
  }
  if (!isOver && parts.length > 0) yield Buffer.concat(parts);
}

const LINE_FEED = 10;
const END_MARK = Buffer.from('\\.\n');

/** Where the line of the end mark begins. A row cannot look like it: its backslash would be doubled. */
function endMarkIn(rows: Buffer): number | undefined {
  if (rows.subarray(0, END_MARK.length).equals(END_MARK)) return 0;
  const before = rows.lastIndexOf(`\n${END_MARK.toString()}`);
  return before < 0 ? undefined : before + 1;
}

function inUtf8(content: Readable, encoding = 'UTF8'): Readable {
  const decode = decoderFor(encoding);
  return decode ? Readable.from(decoded(content, decode), { objectMode: false }) : content;
}

/** Decodes whole lines: in these encodings no character contains a line feed byte. */
async function* decoded(content: Readable, decode: (bytes: Uint8Array) => string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of content as AsyncIterable<Buffer>) {
    const all = Buffer.concat([rest, chunk]);
    const end = all.lastIndexOf(10) + 1;
    if (end > 0) yield Buffer.from(decode(all.subarray(0, end)));
    rest = all.subarray(end);
  }
  if (rest.length > 0) yield Buffer.from(decode(rest));
}

async function fillLargeObject(client: Client, oid: number, content: Readable): Promise<void> {
  let at = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    await client.query('SELECT lo_put($1, $2, $3)', [oid, at, chunk]);
    at += chunk.length;
  }
}
