import { Readable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { decoderFor } from '../../dump/encodings.ts';
import type { Entry } from '../../dump/toc.ts';
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
  { copy }: Entry,
  { oid, content }: Incoming,
  encoding: string | undefined,
): Promise<void> {
  if (oid !== undefined) return fillLargeObject(client, oid, content);
  if (copy === '') return restoreStatements(client, inUtf8(content, encoding));
  // The rows are still in the archive's encoding; the COPY statement itself is already UTF-8.
  const isOther = encoding !== undefined && !/^(?:UTF8|SQL_ASCII)$/.test(encoding);
  const statement = isOther ? copy.replace(/;\s*$/, ` WITH (ENCODING ${quoteText(encoding)});`) : copy;
  await flow(content, client.query(from(statement)));
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
