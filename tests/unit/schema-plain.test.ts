import { expect, test } from 'vitest';
import { parsePlain } from '../../lib/schema/read/plain.ts';

const END = '\n--\n-- PostgreSQL database dump complete\n--\n';
const header = (name: string, kind = 'TABLE', schema = 'mart'): string =>
  `--\n-- Name: ${name}; Type: ${kind}; Schema: ${schema}; Owner: -\n--\n\n`;

test('objects, with what stands between them left out', () => {
  const text = [
    '--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 17.10\n-- Dumped by pg_dump version 17.11 (Debian)\n\n',
    `SET client_encoding = 'UTF8';\n\n`,
    header('mart', 'SCHEMA', '-'),
    `CREATE SCHEMA mart;\n\n\nSET default_tablespace = '';\n\nSET default_table_access_method = heap;\n\n`,
    header('odd; Type: x'),
    'CREATE TABLE mart."odd; Type: x" (\n    a integer\n);\n\n\n',
    END,
  ].join('');
  const { serverVersion, pgDumpVersion, entries } = parsePlain(text);
  expect({ serverVersion, pgDumpVersion }).toEqual({ serverVersion: '17.10', pgDumpVersion: '17.11' });
  expect(entries).toMatchObject([
    { kind: 'SCHEMA', schema: '', name: 'mart', definition: 'CREATE SCHEMA mart;' },
    { kind: 'TABLE', schema: 'mart', definition: 'CREATE TABLE mart."odd; Type: x" (\n    a integer\n);' },
  ]);
});

test.each([
  ['a function body', `CREATE FUNCTION f() AS $_$\n${header('stolen')}CREATE TABLE stolen ();${END}$_$;`],
  ['a literal', `COMMENT ON TABLE t IS 'it''s\n${header('stolen')}${END}';`],
  ['a quoted name', `CREATE TABLE "t\n${header('stolen')}" ();`],
])('a header in %s is no header', (_what, definition) => {
  const { entries } = parsePlain(header('t') + definition + '\n' + END);
  expect(entries).toMatchObject([{ name: 't', definition }]);
});

test.each([
  ['cut', header('t') + 'CREATE TABLE t ();\n'],
  ['cut in a body that says that it is whole', header('f') + `CREATE FUNCTION f() AS $$\n${END}`],
  ['something else', 'hello\n'],
])('what is %s is refused', (_what, text) => {
  expect(() => parsePlain(text)).toThrow('dump complete" is missing');
});
