import fc from 'fast-check';
import { loadModule, scanSync } from 'libpg-query';
import { beforeAll, expect, test } from 'vitest';
import { behindLine, partsOf, UNQUOTED } from '../../lib/sql/quoting.ts';
import { splitStatements } from '../../lib/sql/run-statements.ts';

beforeAll(() => loadModule());

/** What quotes, what only looks like it, and what ends it. Put together at random, some of it is no SQL. */
const PIECES = [
  ...[
    "'l'",
    "'it''s;'",
    "E'a\\'b;'",
    "E'\\\\'",
    "e'c'",
    '"n""m"',
    '"x;\'"',
    "$$ ; ' $$",
    '$t$ $$ ; $t$',
    '$é$"$é$',
  ],
  ...["'", '"', '$$', '$t$', 'E', '\\', '--', '-', '/', '*', '/*', '*/', "-- ;'\n", '/* ; /* " */ \' */'],
  ...['SELECT', 'foo', 'ae', '_z$$', 'é', '1', ' $1 ', '(', ')', ',', ';', ';', '\n', '\n', ' ', '\t', '\r'],
];
const scripts = fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(''));

interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The tokens of PostgreSQL's own scanner; undefined for what it refuses. */
function scanned(sql: string): { readonly tokens: readonly Span[] } | { readonly refusal: string } {
  const bytes = Buffer.from(sql);
  const place = (at: number): number => bytes.subarray(0, at).toString().length;
  try {
    const { tokens } = scanSync(sql) as { tokens: { start: number; end: number }[] };
    const spans = tokens.map(({ start, end }) => ({ start: place(start), end: place(end) }));
    return { tokens: spans.map((span) => ({ ...span, text: sql.slice(span.start, span.end) })) };
  } catch (error) {
    return { refusal: String(error) };
  }
}

const QUOTES = /^(?:e?'|"|\$(?!\d)[^$]*\$|--|\/\*)/i;
const COMMENT = /^(?:--|\/\*)/;

/** Each sign of the text, but for white space, with whether something quotes it. */
function marks(sql: string, quoting: readonly Span[]): string {
  const isQuoted = (at: number): boolean => quoting.some(({ start, end }) => start <= at && at < end);
  return [...sql.matchAll(/\S/g)]
    .map(({ 0: sign, index }) => `${isQuoted(index) ? '·' : ''}${sign}`)
    .join(' ');
}

function ourSpans(sql: string): Span[] {
  let at = 0;
  return [...partsOf(sql)].map((text) => ({ text, start: at, end: (at += text.length) }));
}

const openAtTheEnd = (sql: string): boolean =>
  sql.split('\n').reduce((before, line) => behindLine(line, before), UNQUOTED).open !== '';

test('what quotes, and where it ends, is what the scanner of PostgreSQL says', () => {
  let [taken, unterminated] = [0, 0];
  fc.assert(
    fc.property(scripts, (sql) => {
      const found = scanned(sql);
      expect([...partsOf(sql)].join('')).toBe(sql);
      if ('refusal' in found) {
        // The package takes the scanner's words for JSON, and quotes the first ten letters of them.
        if (!/unterminat/.test(found.refusal)) return;
        unterminated += 1;
        expect(openAtTheEnd(sql)).toBe(true);
        return;
      }
      taken += 1;
      const theirs = found.tokens.filter(({ text }) => QUOTES.test(text));
      const ours = ourSpans(sql).filter(({ text }) => QUOTES.test(text));
      expect(marks(sql, ours)).toBe(marks(sql, theirs));
      expect(openAtTheEnd(sql)).toBe(false);
    }),
    { numRuns: 3000 },
  );
  // Else nothing was compared.
  expect(taken).toBeGreaterThan(300);
  expect(unterminated).toBeGreaterThan(300);
});

test('line by line and as a whole it is the same', () => {
  fc.assert(
    fc.property(scripts, (sql) => {
      const spans = ourSpans(sql).filter(({ text }) => QUOTES.test(text) && !text.startsWith('--'));
      let [quoting, at] = [UNQUOTED, 0];
      for (const line of sql.split('\n').slice(0, -1)) {
        quoting = behindLine(line, quoting);
        at += line.length;
        const lineBreak = at;
        expect([sql, at, quoting.open !== '']).toEqual([
          sql,
          at,
          spans.some(({ start, end }) => start <= lineBreak && lineBreak < end),
        ]);
        at += 1;
      }
    }),
    { numRuns: 3000 },
  );
});

test('statements end where the scanner sees a semicolon outside of parentheses', () => {
  let compared = 0;
  fc.assert(
    fc.property(scripts, (sql) => {
      const found = scanned(sql);
      // A backslash outside of quotes is for psql.
      if ('refusal' in found || found.tokens.some(({ text }) => text === '\\')) return;
      const statements: string[][] = [[]];
      let depth = 0;
      for (const { text } of found.tokens) {
        if (COMMENT.test(text)) continue;
        if (text === '(') depth += 1;
        else if (text === ')') depth -= 1;
        statements.at(-1)!.push(text);
        if (text !== ';' || depth > 0) continue;
        statements.push([]);
        depth = 0;
      }
      const theirs = statements.filter((tokens) => tokens.length > 0 && tokens.join() !== ';');
      const ours = splitStatements(sql).map((statement) => {
        const again = scanned(statement.sql);
        return 'refusal' in again
          ? [again.refusal]
          : again.tokens.map(({ text }) => text).filter((text) => !COMMENT.test(text));
      });
      compared += theirs.length;
      expect(ours.filter((tokens) => tokens.join() !== ';')).toEqual(theirs);
    }),
    { numRuns: 3000 },
  );
  expect(compared).toBeGreaterThan(300);
});
