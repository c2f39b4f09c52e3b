import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { CanonicalDump, COMPLETE } from '../../lib/schema/canonical/canonical.ts';
import { seededRandom } from './support.ts';

/** Sends the parts through one after another. */
async function canonical(...parts: (string | Buffer)[]): Promise<{ text: string; complete: boolean }> {
  const dump = new CanonicalDump();
  const text = buffer(dump);
  for (const part of parts) dump.write(part);
  dump.end();
  return { text: (await text).toString(), complete: dump.complete };
}

const NOISE = [
  '-- Dumped from database version 17.11 (Debian 17.11-1.pgdg12+1)',
  '-- Dumped by pg_dump version 18.3',
  '\\restrict 4mPz0Yc8VfQ',
  '\\unrestrict 4mPz0Yc8VfQ',
  'SET statement_timeout = 0;',
  'SET lock_timeout = 0;',
  'SET idle_in_transaction_session_timeout = 0;',
  'SET transaction_timeout = 0;',
];
const NO_NOISE = [
  '--',
  '-- PostgreSQL database dump',
  '-- Dumped from somewhere else',
  '--Dumped by pg_dump version 18.3',
  ' SET lock_timeout = 0;',
  'SET lock_timeout = 1000;',
  "SET client_encoding = 'UTF8';",
  'SET row_security = off;',
  'SET default_table_access_method = heap;',
  'SET lock_timeout = 0; DROP TABLE x;',
  '\\restrict',
  '\\connect core',
];

test.each(NOISE)('%s goes', async (line) => {
  expect((await canonical(`a;\n${line}\nb;\n`)).text).toBe('a;\nb;\n');
});

test.each(NO_NOISE)('%s stays', async (line) => {
  expect((await canonical(`a;\n${line}\nb;\n`)).text).toBe(`a;\n${line}\nb;\n`);
});

test('blank lines are folded, also around what goes', async () => {
  const text = `\n\na;\n\n\n${NOISE[0]}\n\n${NOISE[2]}\n\n\nb;\n \n`;
  expect((await canonical(text)).text).toBe('a;\n\nb;\n \n');
});

test('the last line gets an end', async () => {
  expect((await canonical('a;\nb;')).text).toBe('a;\nb;\n');
  expect((await canonical('')).text).toBe('');
});

test('passwords are masked where a definition may hold them, and only there', async () => {
  const object = (name: string, kind: string, definition: string): string =>
    `--\n-- Name: ${name}; Type: ${kind}; Schema: -; Owner: -\n--\n\n${definition}\n\n`;
  const dump = (secret: string, literal: string): string =>
    object(
      's',
      'SUBSCRIPTION',
      `CREATE SUBSCRIPTION s CONNECTION 'host=a password=${secret}' PUBLICATION p;`,
    ) +
    object(
      'USER MAPPING u SERVER v; Type: TABLE; Schema: -; Owner: -',
      'USER MAPPING',
      `CREATE USER MAPPING FOR u SERVER v OPTIONS (\n    "user" 'u',\n    password '${secret}'\n);`,
    ) +
    object('t', 'TABLE', `CREATE TABLE t (password text DEFAULT '${literal}');`);
  const text = dump('hush', 'kept');
  const parts = [...text];
  expect((await canonical(text)).text).toBe(dump('********', 'kept'));
  expect((await canonical(...parts)).text).toBe(dump('********', 'kept'));
  // Also of one that is cut.
  expect((await canonical(text.slice(0, text.indexOf("sh'\n);")))).text).not.toContain("'hu");
});

describe('inside of something, every line stays', () => {
  const LINES = [...NOISE, '', '', COMPLETE, ''].join('\n');
  test.each<[what: string, open: string, close: string]>([
    ['a literal', "COMMENT ON TABLE t IS '", "';"],
    ['a literal with doubled quotes', "COMMENT ON TABLE t IS 'it''s ''", "''';"],
    ['an escaped literal', "DEFAULT E'one\\\\''", "';"],
    ['a quoted name', 'CREATE TABLE "a""', '" ();'],
    ['a function body', 'AS $$', '$$;'],
    ['a tagged body', 'AS $_X$', '$_X$;'],
    ['a tag with non-ASCII letters', 'AS $日本$', '$日本$;'],
    ['a tag inside of another', 'AS $a$ $$ $b$', '$b$ $$ $a$;'],
    ['a body that begins like its end', 'AS $a$ $a $ a$ $A$', '$a$;'],
    ['a body with quotes', 'AS $$ don\'t "', '$$;'],
    ['a body after a parameter', 'SELECT $1, $$', '$$;'],
    ['a block comment', '/*', '*/'],
    ['a nested block comment', "/* one /* two */ it's", '*/'],
    ['a comment that only seems to end', '/* /**/ /*/ */', '*/'],
    ['a literal after a comment', "/* ' */ '", "';"],
    ['a literal after a name with a dollar', "SELECT a$b, a$$ , '", "';"],
    ['a literal after a quoted name with a quote', `SELECT "it's", '`, "';"],
    ['a literal after a literal', `SELECT '--', '/*', '$$', '"', '`, "';"],
    ['a literal after a division', "SELECT 4/2*3 - -1, '", "';"],
  ])('%s', async (_what, open, close) => {
    const text = `before;\n${open}${LINES}${close}\nafter;\n`;
    const tail = `${NOISE.join('\n')}\nend;\n`;
    expect(await canonical(text + tail)).toEqual({ text: `${text}end;\n`, complete: false });
  });

  test.each([
    ['a line comment', "-- it's not open: ' \" $$ /*"],
    ['a parameter', 'SELECT $1 + $2;'],
    ['a name with dollars', 'SELECT a$b$c, x$$, 日$$;'],
    ['an empty literal', 'SELECT \'\', E\'\', """", $$$$, $a$$a$;'],
    ['an operator', 'SELECT a - b / c * d, a->b, a->>b;'],
    ['a comment that ended', '/* one /* two */ three */'],
    ['a header of pg_dump', "-- Name: it's; Type: TABLE; Schema: public; Owner: -"],
  ])('%s opens nothing', async (_what, line) => {
    expect((await canonical(`${line}\n${NOISE.join('\n')}\nend;\n`)).text).toBe(`${line}\nend;\n`);
  });
});

describe('complete', () => {
  test.each<[text: string, complete: boolean]>([
    [`a;\n--\n${COMPLETE}\n--\n\n\\unrestrict x\n`, true],
    [`a;\n${COMPLETE}`, true],
    ['a;\n--\n', false],
    ['', false],
    [`COMMENT ON TABLE t IS '\n${COMPLETE}\n';\n`, false],
    [`AS $$\n${COMPLETE}\n`, false],
    [`/*\n${COMPLETE}\n*/\n`, false],
    [` ${COMPLETE}\n`, false],
    [COMPLETE.slice(0, -1), false],
  ])('%j: %j', async (text, complete) => {
    expect((await canonical(text)).complete).toBe(complete);
  });
});

const SAMPLE = `--
-- PostgreSQL database dump
--

\\restrict 4mPz0Yc8VfQ

-- Dumped from database version 17.11
-- Dumped by pg_dump version 17.11

SET statement_timeout = 0;
SET client_encoding = 'UTF8';


CREATE FUNCTION mart."集計 ""日次"""(a integer) RETURNS text AS $_$
  -- Dumped by pg_dump version 17.11


  SELECT 'it''s 受入 😀' || $1; /* " */
$_$;

COMMENT ON TABLE stg.é IS '
SET lock_timeout = 0;

\\restrict ''quoted''
';
/* one /* two */

SET lock_timeout = 0;
*/
SET lock_timeout = 0;

${COMPLETE}

\\unrestrict 4mPz0Yc8VfQ

`;

test('a whole dump', async () => {
  const { text, complete } = await canonical(SAMPLE);
  expect(complete).toBe(true);
  expect(text).toMatchInlineSnapshot(`
    "--
    -- PostgreSQL database dump
    --

    SET client_encoding = 'UTF8';

    CREATE FUNCTION mart."集計 ""日次"""(a integer) RETURNS text AS $_$
      -- Dumped by pg_dump version 17.11


      SELECT 'it''s 受入 😀' || $1; /* " */
    $_$;

    COMMENT ON TABLE stg.é IS '
    SET lock_timeout = 0;

    \\restrict ''quoted''
    ';
    /* one /* two */

    SET lock_timeout = 0;
    */

    -- PostgreSQL database dump complete

    "
  `);
});

test('the same, wherever the chunks are cut', async () => {
  const bytes = Buffer.from(SAMPLE);
  const whole = await canonical(bytes);
  const cuts = await Promise.all(
    Array.from(bytes, (_, at) => canonical(bytes.subarray(0, at), bytes.subarray(at))),
  );
  expect(cuts.filter(({ text, complete }) => text !== whole.text || complete !== whole.complete)).toEqual([]);
  expect(await canonical(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
});

test('of 3,000 random scripts what is quoted stays, what is noise goes, and a second pass changes nothing', async () => {
  const { below, pick, several } = seededRandom(7);
  const anything = [
    ...NOISE,
    ...NO_NOISE,
    '',
    '\n',
    '\n',
    "'",
    '"',
    '$$',
    '$x$',
    '--',
    '/*',
    '*/',
    '$1',
    '日本',
    '\\',
    '\r',
    'a',
    ' ',
    COMPLETE,
  ];
  const between = (
    open: string,
    close: string,
    forbidden: RegExp,
    escape = (text: string) => text,
  ): string => {
    const inside = several(6, () => pick(anything)).join(pick(['', '\n']));
    return open + escape(inside.replaceAll(forbidden, '.')) + close;
  };
  const quoted = (): string => {
    switch (below(6)) {
      case 0:
        return between("'", "'", /(?!)/g, (text) => text.replaceAll("'", "''"));
      case 1:
        return between('"', '"', /(?!)/g, (text) => text.replaceAll('"', '""'));
      case 2:
        return between('$$', '$$', /\$/g);
      case 3:
        return between('$x$', '$x$', /x/g);
      case 4:
        return between('/*', '*/', /[/*]/g);
      default:
        return between('/* /*', '*/ */', /[/*]/g);
    }
  };
  const wrong: unknown[] = [];
  for (let round = 0; round < 3000; round++) {
    let given = '';
    let expected = '';
    let blank = true;
    for (let lines = below(9); lines > 0; lines--) {
      const isQuoted = pick([true, false]);
      const line = isQuoted ? `x ${quoted()}, ${quoted()};` : pick([...NOISE, ...NO_NOISE, '', '', '', '']);
      given += `${line}\n`;
      if (NOISE.includes(line) || (line === '' && blank)) continue;
      blank = line === '';
      expected += `${line}\n`;
    }
    const once = (await canonical(given)).text;
    const twice = (await canonical(once)).text;
    if (once !== expected || twice !== once) wrong.push({ given, once, expected, twice });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
});
