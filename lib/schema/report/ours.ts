import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { KindOfFile } from '../../system/destination.ts';
import { isThere } from '../../system/read-bounded.ts';
import { readHead } from '../../dump/archive.ts';
import { ByteStream } from '../../dump/byte-stream.ts';
import { behindLine, UNQUOTED } from '../../sql/quoting.ts';
import { COMPLETE, HEADER } from '../canonical/canonical.ts';

/** The longest line that is read, in characters. The longest that we have seen have a few hundred thousand. */
const LONGEST_LINE = 8 << 20;

/** pg_dump's names for rows, large objects and the state of sequences. */
const DATA =
  /^(TABLE DATA|BLOBS?|BLOB METADATA|SEQUENCE SET|MATERIALIZED VIEW DATA|LARGE OBJECT.*|STATISTICS DATA)$/;

const FIRST_LINES = '--\n-- PostgreSQL database dump\n--\n';

/** pg_dump starts these statements in the first column. The bodies of views and functions are indented. */
const STATEMENT_WITH_DATA =
  /^(copy|insert into|update|delete from|merge into)\b|^select pg_catalog\.(setval|lo_)/i;

/**
 * A complete schema dump without data, from makesafe or `pg_dump --schema-only`. Replacing it loses nothing. A dump
 * with data is a backup and is never replaced; nor is a dump after whose end a person has added something.
 */
export const SCHEMA_DUMP: KindOfFile = {
  what: 'a schema dump that makesafe or pg_dump wrote',
  isOne: async (file) => (await isSchemaArchive(file)) || isSchemaText(file),
};

/** In the page's head, to recognise the page later. */
export const GENERATOR = '<meta name="generator" content="makesafe">';

/** A page that makesafe wrote: its first and last lines prove it. */
export const REPORT: KindOfFile = {
  what: 'a report that makesafe wrote',
  isOne: (file) => {
    const { first, last } = ends(file, 512);
    const isOurs = first.includes(GENERATOR) || last.includes('<footer>Made by makesafe.');
    return (
      first.startsWith('<!doctype html>\n<html lang="en">\n<head>\n') && isOurs && last.endsWith('</html>\n')
    );
  },
};

function ends(file: string, count: number): { first: string; last: string } {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const [first, last] = [Buffer.alloc(count), Buffer.alloc(count)];
    const from = Math.max(0, fstatSync(handle).size - count);
    return {
      first: first.toString('utf8', 0, readSync(handle, first, 0, count, 0)),
      last: last.toString('utf8', 0, readSync(handle, last, 0, count, from)),
    };
  } finally {
    closeSync(handle);
  }
}

async function isSchemaArchive(file: string): Promise<boolean> {
  // A backup of `backup` has a .json file next to it, and may be of an empty database.
  if (isThere(`${file}.json`)) return false;
  const source = createReadStream(file);
  try {
    const bytes = new ByteStream(source);
    const { format, entries } = await readHead(bytes);
    const hasData = entries.some((entry) => entry.hasData || DATA.test(entry.kind));
    return format === 'custom' && !hasData && (await bytes.atEnd());
  } catch {
    return false;
  } finally {
    source.destroy();
  }
}

function isSchemaText(file: string): boolean {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const begin = Buffer.alloc(FIRST_LINES.length);
    if (readSync(handle, begin, 0, begin.length, 0) < begin.length || begin.toString() !== FIRST_LINES)
      return false;
    let quoting = UNQUOTED;
    let complete = false;
    for (const line of linesOf(handle)) {
      const open = quoting.open !== '';
      quoting = behindLine(line, quoting);
      if (open) continue;
      const kind = HEADER.exec(line)?.[2];
      if (kind !== undefined && DATA.test(kind)) return false;
      if (STATEMENT_WITH_DATA.test(line)) return false;
      if (/^\\(?!(un)?restrict )/.test(line)) return false;
      // After its end, accept only what pg_dump itself writes there.
      if (complete && !/^(--|\\unrestrict .*)?$/.test(line)) return false;
      complete ||= line === COMPLETE;
    }
    return complete && quoting.open === '';
  } catch {
    return false;
  } finally {
    closeSync(handle);
  }
}

/** @throws RangeError for a line that is longer than in any schema */
function* linesOf(handle: number): Generator<string> {
  const buffer = Buffer.allocUnsafe(1 << 20);
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for (let count = -1; count !== 0;) {
    count = readSync(handle, buffer, 0, buffer.length, null);
    const lines = (rest + decoder.write(buffer.subarray(0, count))).split('\n');
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) throw new RangeError('too long');
    yield* lines;
  }
  if (rest !== '') yield rest;
}
