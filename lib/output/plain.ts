/** A text with its escapes and encodings undone. */
export interface Plain {
  readonly text: string;
  /** From where to where in the original each UTF-16 unit comes from; undefined where both texts are the same. */
  readonly origin: { readonly from: readonly number[]; readonly to: readonly number[] } | undefined;
}

const HEX = '[0-9a-fA-F]';

/** Each alternative is one spelling; what several programs have done to a text is undone in several passes. */
const SPELLING = new RegExp(
  [
    // URLs; alembic.ini and compose double the signs. Bytes of UTF-8, as many as follow each other.
    `(?<percent>(?:%+${HEX}{2})+)`,
    // C, Python and bash's $'…'.
    `(?<hex>(?:\\\\+x${HEX}{2})+)`,
    `(?<octal>(?:\\\\+(?:[01][0-7]{2}|3[0-7]{2}(?:\\\\+2[0-7]{2}){1,3}))+)`,
    // JSON, JavaScript, Python; U&'…' of SQL.
    `\\\\+u(?<unit>${HEX}{4})|\\\\+u\\{(?<braced>${HEX}{1,6})\\}|\\\\+U(?<long>${HEX}{8})`,
    `\\\\+(?<sql>${HEX}{4})|\\\\+\\+(?<sqlLong>${HEX}{6})`,
    // XML and HTML.
    `&(?:(?<named>amp|lt|gt|quot|apos|nbsp)|#(?<decimal>\\d{1,7})|#[xX](?<hexadecimal>${HEX}{1,6}));`,
    `\\\\+(?<letter>[nrtfv])`,
    // A quote in quotes of sh: '"'"' (and '\'' by the next line, twice).
    `(?<quote>'"'"')`,
    `(?<escaped>\\\\+|%+)`,
    `(?<doubled>''+|""+|\\$\\$+|\\{\\{+|\\}\\}+)`,
    // Folded lines, and forms of HTML.
    `(?<blank>[\\s+]{2,}|[^\\S ]|\\+)`,
  ].join('|'),
  'g',
);

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Deep enough for JSON in a string of JSON in a URL; an end, because a text may be made to ask for many. */
const PASSES = 8;

/**
 * Reads a text as what it says, whichever programs have quoted or encoded it and how often. Blanks of all kinds, `+` among
 * them, are one blank, and signs that are doubled somewhere are one, so that a text and what a program made of it read
 * the same. It is for searching and not for showing: a text that only looks like an escape is changed as well.
 */
export function plain(text: string): Plain {
  let read: Plain = { text, origin: undefined };
  for (let pass = 0; pass < PASSES; pass++) {
    const next = undone(read);
    if (next === read) break;
    read = next;
  }
  return read;
}

/**
 * From where to where in the original a part of the plain text is, with the backslashes on either side of it, which the
 * plain text has not.
 */
export function inOriginal({ text, origin }: Plain, from: number, to: number, end: number): [number, number] {
  if (!origin) return [from, to];
  return [from === 0 ? 0 : origin.to[from - 1]!, to === text.length ? end : origin.from[to]!];
}

/** A character, and the length of what stands for it. */
type Piece = readonly [said: string, length: number];

function undone(read: Plain): Plain {
  const { text, origin } = read;
  let out = '';
  const [from, to]: number[][] = [[], []];
  let done = 0;
  const add = (said: string, start: number, end: number): void => {
    out += said;
    for (let unit = 0; unit < said.length; unit++) {
      from!.push(origin?.from[start] ?? start);
      to!.push(origin?.to[end - 1] ?? end);
    }
  };
  const keep = (end: number): void => {
    for (; done < end; done++) add(text[done]!, done, done + 1);
  };
  for (const match of text.matchAll(SPELLING)) {
    const pieces = meaning(match[0], match.groups!);
    if (pieces.length === 1 && pieces[0]![0] === match[0]) continue;
    keep(match.index);
    for (const [said, length] of pieces) add(said, done, (done += length));
  }
  if (done === 0) return read;
  keep(text.length);
  return { text: out, origin: { from: from!, to: to! } };
}

function meaning(whole: string, groups: Readonly<Record<string, string | undefined>>): readonly Piece[] {
  const { percent, hex, octal, unit, sql, named, decimal, letter, doubled, escaped, blank, quote } = groups;
  if (percent !== undefined) return ofBytes(percent.match(/%+[0-9a-f]{2}/gi)!, 16);
  if (hex !== undefined) return ofBytes(hex.match(/\\+x[0-9a-f]{2}/gi)!, 16);
  if (octal !== undefined) return ofBytes(octal.match(/\\+[0-7]{3}/g)!, 8);
  const point =
    unit ?? groups['braced'] ?? groups['long'] ?? sql ?? groups['sqlLong'] ?? groups['hexadecimal'];
  const said = ((): string => {
    // A unit of a surrogate pair is put together with the other one by standing beside it.
    if (unit !== undefined) return String.fromCharCode(Number.parseInt(unit, 16));
    if (point !== undefined) return ofPoint(whole, Number.parseInt(point, 16));
    if (named !== undefined) return NAMED[named]!;
    if (decimal !== undefined) return ofPoint(whole, Number(decimal));
    if (quote !== undefined) return "'";
    if (letter !== undefined || blank !== undefined) return ' ';
    return escaped !== undefined ? '' : doubled![0]!;
  })();
  return [[said, whole.length]];
}

const ofPoint = (whole: string, point: number): string =>
  point <= 0x10ffff ? String.fromCodePoint(point) : whole;

/** Bytes of UTF-8, and of Latin-1 where they are none. */
function ofBytes(written: readonly string[], base: number): Piece[] {
  const bytes = Buffer.from(written.map((one) => Number.parseInt(one.slice(base === 16 ? -2 : -3), base)));
  const utf8 = bytes.toString('utf8');
  const text = utf8.includes('\ufffd') ? bytes.toString('latin1') : utf8;
  let used = 0;
  return Array.from(text, (character) => {
    const count = text === utf8 ? Buffer.byteLength(character) : 1;
    const from = used;
    used += count;
    return [character, written.slice(from, used).join('').length];
  });
}
