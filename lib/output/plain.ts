/** A text without its escapes and encodings. */
export interface Plain {
  readonly text: string;
  /** The start and end in the original for each UTF-16 unit; undefined if both texts are the same. */
  readonly origin: { readonly from: readonly number[]; readonly to: readonly number[] } | undefined;
}

const HEX = '[0-9a-fA-F]';

/** One alternative for each way to escape. Text that several programs escaped needs several passes. */
const SPELLING = new RegExp(
  [
    // URLs. alembic.ini and compose double the percent signs. Takes all adjacent bytes, because UTF-8 needs them
    // together.
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
    // A quote inside quotes in sh: '"'"'. The next line handles '\''.
    `(?<quote>'"'"')`,
    `(?<escaped>\\\\+|%+)`,
    `(?<doubled>''+|""+|\\$\\$+|\\{\\{+|\\}\\}+)`,
    // Folded lines, and form encoding, where `+` is a blank.
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

/** Enough for JSON in a JSON string in a URL. Limited, because a hostile text could need any number of passes. */
const PASSES = 8;

/**
 * Undoes quoting and encoding, in any order and depth, so that a text and what a program made of it become the same.
 * All kinds of blanks, and `+`, become one blank; doubled signs become one. Only for searching, not for display: text
 * that merely looks like an escape changes, too.
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

/** Maps a part of the plain text to its position in the original, with adjacent backslashes that were removed. */
export function inOriginal({ text, origin }: Plain, from: number, to: number, end: number): [number, number] {
  if (!origin) return [from, to];
  return [from === 0 ? 0 : origin.to[from - 1]!, to === text.length ? end : origin.from[to]!];
}

/** A decoded character, and the length of its escape. */
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
    // The two halves of a surrogate pair form a character once they are adjacent.
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

/** Decodes bytes as UTF-8, or as Latin-1 if they are not valid UTF-8. */
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
