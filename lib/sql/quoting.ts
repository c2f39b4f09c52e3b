/**
 * Quoting in SQL: literals, escape strings, names, dollar quotes and comments. Only this file knows where each of them
 * ends; the text may come line by line or as a whole.
 *
 * As in the server, white space and the end of a comment are ASCII only.
 *
 * @see https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/parser/scan.l
 */
const QUOTE = String.raw`--[^\n\r]*|\/\*|E'|'|"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$`;
/** A whole word: a dollar sign or an E inside a word begins no quote. */
const WORD = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`;

/** Line comments, all that quotes, and words. For code that needs no other tokens. */
const quotes = new RegExp(`${QUOTE}|${WORD}`, 'gi');

/** Also every other character except white space; a line feed is a token. Set `lastIndex` before use. */
export const tokens = new RegExp(String.raw`${QUOTE}|${WORD}|[^ \t\r\v\f]`, 'gi');

const OPENING = /^(?:\/\*|E?'|"|\$.*\$)$/i;

/** What is open at a position in SQL text. */
interface Quoting {
  /** `'`, `E'`, `"`, `$tag$` or `/*`; empty if nothing is open. */
  readonly open: string;
  /** Nesting depth of comments. */
  readonly depth: number;
  /** Whether a following literal continues the same escape string, which SQL allows after a line break. */
  readonly continues: 'no' | 'behind a line break' | 'yes';
}

export const UNQUOTED: Quoting = { open: '', depth: 0, continues: 'no' };

/** The state after a token, if nothing was open before it. */
export function behindToken(token: string, before: Quoting): Quoting {
  const { continues } = before;
  if (token === '\n') return continues === 'behind a line break' ? { ...before, continues: 'yes' } : before;
  if (token.startsWith('--')) return before;
  if (token === '/*') return { open: token, depth: 1, continues };
  if (!OPENING.test(token)) return UNQUOTED;
  const open = token === "'" && continues === 'yes' ? "E'" : token.replace(/^e'/, "E'");
  return { ...UNQUOTED, open };
}

/** Finds the end of what is open. If the text ends before, returns the end of the text, and it stays open. */
export function closingAt(
  text: string,
  from: number,
  quoting: Quoting,
): { readonly end: number; readonly behind: Quoting } {
  const { open } = quoting;
  if (open === '/*') return closingComment(text, from, quoting);
  if (open === "E'") return closingEscapes(text, from, quoting);
  const at = text.indexOf(open, from);
  return at < 0 ? { end: text.length, behind: quoting } : { end: at + open.length, behind: UNQUOTED };
}

function closingComment(text: string, from: number, quoting: Quoting): ReturnType<typeof closingAt> {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  let { depth } = quoting;
  for (let found = edge.exec(text); found; found = edge.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return { end: edge.lastIndex, behind: { ...quoting, open: '', depth } };
  }
  return { end: text.length, behind: { ...quoting, depth } };
}

function closingEscapes(text: string, from: number, quoting: Quoting): ReturnType<typeof closingAt> {
  const edge = /['\\]/g;
  edge.lastIndex = from;
  for (let found = edge.exec(text); found; found = edge.exec(text)) {
    const [sign] = found;
    if (sign === '\\' || text[edge.lastIndex] === "'") edge.lastIndex += 1;
    else return { end: edge.lastIndex, behind: { ...UNQUOTED, continues: 'behind a line break' } };
  }
  return { end: text.length, behind: quoting };
}

/** A quick test, because most lines contain no quotes. */
const MAY_QUOTE = /['"$]|--|\/\*/;

/** The state after a line, from the state before it. @param line without its line break */
export function behindLine(line: string, before: Quoting): Quoting {
  if (before === UNQUOTED && !MAY_QUOTE.test(line)) return before;
  let quoting = before;
  for (let at = 0; ;) {
    if (quoting.open !== '') {
      ({ end: at, behind: quoting } = closingAt(line, at, quoting));
      if (quoting.open !== '') return quoting;
    }
    quotes.lastIndex = at;
    const found = quotes.exec(line);
    if (quoting.continues !== 'no' && /\S/.test(line.slice(at, found?.index))) quoting = UNQUOTED;
    if (!found) return behindToken('\n', quoting);
    quoting = behindToken(found[0], quoting);
    at = quotes.lastIndex;
  }
}

/**
 * The tokens of complete statements: each quoted text as one token, words, single characters, and the white space
 * between them. Joined, they are the text again.
 */
export function* partsOf(sql: string): Generator<string> {
  let quoting = UNQUOTED;
  for (let at = 0; at < sql.length;) {
    tokens.lastIndex = at;
    const found = tokens.exec(sql);
    if (!found || found.index > at) yield sql.slice(at, found?.index);
    if (!found) return;
    let end = tokens.lastIndex;
    quoting = behindToken(found[0], quoting);
    if (quoting.open !== '') ({ end, behind: quoting } = closingAt(sql, end, quoting));
    yield sql.slice(found.index, end);
    at = end;
  }
}
