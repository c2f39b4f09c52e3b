import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeCustom } from '../../lib/dump/dump-file.ts';
import { inspectDump } from '../../lib/dump/read/inspect-dump.ts';
import type { Dump } from '../../lib/dump/read/dump.ts';
import { isAboutRoles } from '../../lib/dump/read/statements.ts';
import { splitStatements } from '../../lib/sql/run-statements.ts';
import { temporaryFolder } from './support.ts';

/** One database, dumped by pg_dump 17.11 into a pipe and by the WebAssembly pg_dump into a file (which has offsets). */
const FIXTURES = ['pg_dump_17.dump', 'pg_dump_wasm.dump'];
const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));
const ARCHIVE = fixture('pg_dump_17.dump');

const PLAIN = `--
-- PostgreSQL database dump
--

\\restrict abc

-- Dumped from database version 17.11 (Debian 17.11-0+deb13u1)
-- Dumped by pg_dump version 17.11

SET client_encoding = 'UTF8';
CREATE TABLE mart.t (a text);
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$
-- PostgreSQL database dump complete
SELECT 'CREATE TABLE x ();' $$;
ALTER TABLE mart.t OWNER TO app;
COPY mart.t (a) FROM stdin;
\\N
\\connect other
-- PostgreSQL database cluster dump
DROP DATABASE core;
it's
\\.

CREATE UNLOGGED TABLE u ();
\\unrestrict abc
--
-- PostgreSQL database dump complete
--
`;

async function inspect(content: Buffer | string, parameter: 'DUMP' | 'SQL' = 'DUMP'): Promise<Dump> {
  const folder = temporaryFolder({ 'one.dump': content });
  return inspectDump('one.dump', join(folder, 'one.dump'), {
    parameter,
    otherCommand: (command, line) => {
      throw new Error(`line ${line}: ${command}`);
    },
  });
}

describe.each(FIXTURES)('%s', (name) => {
  const bytes = fixture(name);
  const read = (part: Buffer): Promise<unknown> => decodeCustom(Readable.from([part]));
  const isAccepted = (part: Buffer): Promise<boolean> =>
    read(part).then(
      () => true,
      () => false,
    );

  test('is read whole, also in small pieces', async () => {
    const whole = await decodeCustom(Readable.from([bytes]));
    expect(whole).toMatchObject({
      format: 'custom',
      version: '1.16',
      database: 'fixture',
      compression: 'gzip',
    });
    expect(whole.serverVersion).toMatch(/^17\./);
    expect(whole.entries.map(({ kind, schema, name: tag }) => `${kind} ${schema} ${tag}`)).toEqual(
      expect.arrayContaining(['TABLE mart "1" 受入', 'TABLE DATA mart "1" 受入', 'BLOBS  4242']),
    );
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, n) =>
      bytes.subarray(7 * n, 7 * n + 7),
    );
    const { entries } = await decodeCustom(Readable.from(pieces));
    expect(entries).toEqual(whole.entries);
  });

  test('cut at any byte, or with one more, is refused', async () => {
    const accepted: number[] = [];
    for (let length = 0; length < bytes.length; length++)
      if (await isAccepted(bytes.subarray(0, length))) accepted.push(length);
    expect(accepted).toEqual([]);
    expect(await isAccepted(Buffer.concat([bytes, Buffer.of(0)]))).toBe(false);
  });

  test('with a changed byte in its data is refused', async () => {
    // The row of the table: its block is the first that is compressed.
    const at = bytes.indexOf(Buffer.of(0x78, 0x9c)) + 6;
    const changed = Buffer.from(bytes);
    changed[at]! ^= 0xff;
    await expect(read(changed)).rejects.toThrow('its data are damaged');
  });
});

describe('what a file is, is told by what is in it', () => {
  test.each<[what: string, content: Buffer | string, expected: Partial<Dump>]>([
    [
      'an archive',
      ARCHIVE,
      { kind: 'custom', gzip: false, tables: 1, compression: 'gzip', encoding: 'UTF8' },
    ],
    ['a compressed one', gzipSync(ARCHIVE), { kind: 'custom', gzip: true, tables: 1 }],
    ['a plain dump', PLAIN, { kind: 'plain', tables: 2, server: '17.11 (Debian 17.11-0+deb13u1)' }],
    ['a compressed one', gzipSync(PLAIN), { kind: 'plain', gzip: true, tables: 2, contents: PLAIN.length }],
    ['one with CRLF', PLAIN.replaceAll('\n', '\r\n'), { kind: 'plain', tables: 2 }],
  ])('%s', async (_what, content, expected) => {
    expect(await inspect(content)).toMatchObject({ size: content.length, ...expected });
  });

  test('any SQL, where SQL is asked for', async () => {
    expect(await inspect('CREATE TABLE a ();', 'SQL')).toMatchObject({ kind: 'plain', tables: undefined });
    expect(await inspect(PLAIN, 'SQL')).toMatchObject({ kind: 'plain', tables: 2 });
  });

  test('a folder', async () => {
    const folder = temporaryFolder();
    // The head calls itself tar, and has names of files where the custom format has offsets.
    mkdirSync(join(folder, 'd'));
    const expected = { parameter: 'DUMP', otherCommand: () => {} } as const;
    await expect(inspectDump('d', join(folder, 'd'), expected)).rejects.toThrow('without toc.dat');
    writeFileSync(join(folder, 'd/toc.dat'), ARCHIVE);
    await expect(inspectDump('d', join(folder, 'd'), expected)).rejects.toThrow(
      'toc.dat goes on behind its end',
    );
  });
});

describe('refused, with the reason', () => {
  const third = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length * 0.3));
  const text = Buffer.from(PLAIN);
  test.each<[what: string, content: Buffer | string, why: string, parameter?: 'SQL']>([
    ['an archive cut at 30 %', third(ARCHIVE), 'it is cut'],
    ['a compressed archive cut at 30 %', third(gzipSync(ARCHIVE, { level: 0 })), 'it is cut'],
    ['a plain dump cut at 30 %', third(text), 'it is cut'],
    [
      'a plain dump cut in its data',
      PLAIN.slice(0, PLAIN.indexOf("it's")),
      "it is cut in the middle of a table's data",
    ],
    ['a plain dump without its last lines', PLAIN.slice(0, -20), 'it is cut'],
    ['a compressed plain dump cut', gzipSync(text).subarray(0, -30), 'it is cut'],
    [
      'a plain dump with something smuggled in',
      PLAIN.replace('CREATE UNL', '\\! id\nCREATE UNL'),
      'line 24: \\! is nothing that pg_dump writes',
    ],
    ['text', 'just some text\n', 'it is neither an archive of pg_dump nor its plain text'],
    ['SQL as DUMP', 'SELECT 1;\n', 'it is neither an archive of pg_dump nor its plain text'],
    ['nothing', '', 'it is empty'],
    ['nothing, compressed', gzipSync(''), 'there is nothing in it'],
    ['bytes', Buffer.from([1, 2, 0, 3]), 'it is not text'],
    ['another encoding', Buffer.from([0x2d, 0x2d, 0xe9, 0x0a]), 'it is not text in UTF-8'],
    ['another encoding, said so', PLAIN.replace('UTF8', 'LATIN1'), 'it is encoded in LATIN1'],
    ['tar', Buffer.from('toc.dat\0\0\0'), 'a dump in tar format, which is a folder once it is unpacked'],
    ['an unknown version', Buffer.from(ARCHIVE).fill(17, 6, 7), 'its format 1.17 is not known'],
    ['a whole server', `--\n-- PostgreSQL database cluster dump\n--\nSELECT 1;`, 'a dump of a whole server'],
    [
      '--create of two databases',
      PLAIN.replace('SET ', 'CREATE DATABASE x;\n\\connect x\n\\connect y\nSET '),
      'line 12: \\connect would reach beyond',
    ],
    ['\\connect', PLAIN.replace('SET ', '\\connect x\nSET '), 'line 10: \\connect would reach beyond'],
    ['DROP DATABASE', 'CREATE TABLE a();\ndrop database core;', 'line 2: DROP DATABASE would', 'SQL'],
    ['\\c', '\\c other', 'line 1: \\c would reach beyond', 'SQL'],
    ['a command of psql', '\\i other.sql', 'line 1: \\i', 'SQL'],
    ['an archive as SQL', ARCHIVE, 'restore-from-dump takes it', 'SQL'],
    ['half a statement', `SELECT 'a;\n`, 'it is cut in the middle of a statement', 'SQL'],
    ['half of COPY', 'COPY a FROM STDIN;\n1\n', "it is cut in the middle of a table's data", 'SQL'],
  ])('%s', async (_what, content, why, parameter) => {
    await expect(inspect(content, parameter)).rejects.toMatchObject({
      status: 78,
      message: expect.stringMatching(new RegExp(`^${parameter ?? 'DUMP'}=one\\.dump: `)) as string,
    });
    await expect(inspect(content, parameter)).rejects.toThrow(why);
  });

  test('a file that does not exist', async () => {
    const given = { parameter: 'DUMP', otherCommand: () => {} } as const;
    await expect(inspectDump('no/such', '/no/such', given)).rejects.toThrow('DUMP=no/such: no such file');
  });
});

test.each<[sql: string, isLeftOut: boolean]>([
  ['ALTER TABLE mart.t OWNER TO app;', true],
  ['ALTER TABLE "it;s" OWNER TO "a ""b""";', true],
  ['ALTER FUNCTION mart.f(a text) OWNER TO app;', true],
  ['GRANT SELECT ON TABLE t TO app_readonly;', true],
  ['REVOKE ALL ON SCHEMA public FROM PUBLIC;', true],
  ['ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA mart GRANT SELECT ON TABLES TO r;', true],
  ['SET SESSION AUTHORIZATION app;', true],
  ['RESET SESSION AUTHORIZATION;', true],
  ['ALTER TABLE ONLY mart.t ADD CONSTRAINT c PRIMARY KEY (a);', false],
  [`ALTER TABLE t ALTER COLUMN a SET DEFAULT ' OWNER TO app';`, false],
  [`COMMENT ON TABLE t IS 'ALTER TABLE t OWNER TO app;';`, false],
  ['SET default_tablespace = fast;', false],
])('owners and privileges are left out of a plain dump: %s', (sql, isLeftOut) => {
  expect(splitStatements(sql).map(isAboutRoles)).toEqual([isLeftOut]);
});
