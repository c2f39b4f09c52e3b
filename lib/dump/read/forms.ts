import type { Statement } from '../../sql/lexer.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import { asCopy } from './subscription-copy.ts';
import type { TocEntry } from '../toc.ts';

/**
 * A statement that needs more rights than the cage has, in a form that can do nothing else: makesafe runs it itself.
 * Any other statement goes to the server unchanged, which refuses it if the cage has no right to it.
 */
type Errand =
  | {
      readonly kind: 'extension';
      readonly name: string;
      readonly schema: string | undefined;
      readonly sql: string;
    }
  /** For objects that the restore has created: runs when the restore is complete. */
  | { readonly kind: 'comment on an extension' | 'owner'; readonly sql: string; readonly role?: string }
  /** Disabled and without a replication slot. */
  | { readonly kind: 'subscription'; readonly sql: string }
  /** Comes last, because the event trigger would also fire for our own statements. */
  | { readonly kind: 'event trigger'; readonly sql: string };

const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
const QUALIFIED = `${NAME}(?: \\. ${NAME})?`;
const TEXT = "'(?:[^']|'')*'";
/** Argument types: names, sizes and brackets. */
const ARGUMENTS = String.raw`\( (?:(?:${NAME}|[.,[\]]|\d+|\( \d+(?: , \d+)? \)) )*\)`;

const form = (text: string): RegExp => new RegExp(`^${text} ;$`, 'i');
const EXTENSION = form(
  `CREATE EXTENSION (?:IF NOT EXISTS )?(?<name>${NAME})(?: WITH)?(?: SCHEMA (?<schema>${NAME}))?(?: VERSION (?:${NAME}|${TEXT}))?(?: CASCADE)?`,
);
const EXTENSION_COMMENT = form(`COMMENT ON EXTENSION ${NAME} IS (?:NULL|${TEXT})`);
const SUBSCRIPTION_COMMENT = form(`COMMENT ON SUBSCRIPTION ${NAME} IS (?:NULL|${TEXT})`);
const TAGS = `TAG IN \\( ${TEXT}(?: , ${TEXT})* \\)`;
const EVENT_TRIGGER = [
  form(
    `CREATE EVENT TRIGGER ${NAME} ON ${NAME}(?: WHEN ${TAGS}(?: AND ${TAGS})*)? EXECUTE (?:FUNCTION|PROCEDURE) ${NAME} \\. ${NAME} \\( \\)`,
  ),
  form(`ALTER EVENT TRIGGER ${NAME} (?:DISABLE|ENABLE(?: (?:REPLICA|ALWAYS))?)`),
  form(`COMMENT ON EVENT TRIGGER ${NAME} IS (?:NULL|${TEXT})`),
];
const RELATION = `(?:FOREIGN TABLE|MATERIALIZED VIEW|SEQUENCE|TABLE|VIEW) (?:IF EXISTS )?(?:ONLY )?${QUALIFIED}`;
const ROUTINE = `(?:AGGREGATE|FUNCTION|PROCEDURE|ROUTINE) ${QUALIFIED}(?: ${ARGUMENTS})?`;
const OTHER = `(?:SCHEMA|TYPE|DOMAIN|COLLATION|STATISTICS|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY) ${QUALIFIED}`;
const OWNER = form(`ALTER (?:${RELATION}|${ROUTINE}|${OTHER}|LARGE OBJECT \\d+) OWNER TO (?<role>${NAME})`);

/** Longer than any of these forms: a longer statement is not examined. */
const LONGEST = 65_536;

/** The errand that a statement is, if it is one. First await `loadParser`. */
export function errandOf({ words, sql }: Pick<Statement, 'words' | 'sql'>): Errand | undefined {
  const [first, second] = words;
  if (first === 'CREATE' && second === 'SUBSCRIPTION') return subscriptionOf(sql);
  if ((first !== 'CREATE' && first !== 'ALTER' && first !== 'COMMENT') || sql.length > LONGEST)
    return undefined;
  const plain = canonical(sql);
  if (plain === undefined) return undefined;
  const extension = EXTENSION.exec(plain)?.groups;
  if (extension) {
    const { name, schema } = extension;
    return { kind: 'extension', name: nameOf(name!), schema: schema && nameOf(schema), sql: plain };
  }
  if (SUBSCRIPTION_COMMENT.test(plain)) return { kind: 'subscription', sql: plain };
  if (EXTENSION_COMMENT.test(plain)) return { kind: 'comment on an extension', sql: plain };
  if (EVENT_TRIGGER.some((one) => one.test(plain))) return { kind: 'event trigger', sql: plain };
  const role = OWNER.exec(plain)?.groups?.['role'];
  return role === undefined ? undefined : { kind: 'owner', sql: plain, role: nameOf(role) };
}

function subscriptionOf(sql: string): Errand | undefined {
  const copy = sql.length > LONGEST ? undefined : asCopy(sql);
  return copy === undefined ? undefined : { kind: 'subscription', sql: copy };
}

/** The errands of a definition in a table of contents; undefined if one of its statements is not an errand. */
export function errandsOf(definition: string): readonly Errand[] | undefined {
  const found = splitStatements(definition).map(errandOf);
  return found.includes(undefined) ? undefined : (found as Errand[]);
}

const TOKEN = new RegExp(
  String.raw`(--[^\n\r]*|[ \t\n\r\v\f]+)|(${TEXT}|"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d+|[().,;[\]])`,
  'iy',
);

/**
 * A statement that has only names, plain literals and brackets, with one blank between them; undefined for any other.
 */
function canonical(sql: string): string | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const found = TOKEN.exec(sql);
    if (!found) return undefined;
    const [, , token] = found;
    // E'…', U&'…' and the like are not plain literals.
    if (token?.startsWith("'") && /[\w$\u0080-\uffff&]$/.test(sql.slice(0, found.index))) return undefined;
    if (token !== undefined) tokens.push(token);
  }
  if (tokens.at(-1) !== ';') tokens.push(';');
  return tokens.indexOf(';') === tokens.length - 1 ? tokens.join(' ') : undefined;
}

/** A name as the catalog has it. */
export const nameOf = (written: string): string =>
  written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written.toLowerCase();

/** The schema that a statement creates, if it does nothing else. */
export function schemaMadeBy({ words, sql }: Pick<Statement, 'words' | 'sql'>): string | undefined {
  if (words[0] !== 'CREATE' || words[1] !== 'SCHEMA' || sql.length > LONGEST) return undefined;
  const [, name] = form(`CREATE SCHEMA (${NAME})`).exec(canonical(sql) ?? '') ?? [];
  return name === undefined ? undefined : nameOf(name);
}

const SHARED = /^(DATABASE|ROLE|USER|GROUP|TABLESPACE|SUBSCRIPTION)$/;

/**
 * What a statement would change outside of the database. The server refuses all of this, and more, to the cage; this
 * check only tells the person earlier, before the countdown.
 *
 * @returns the statement in a few words: `COMMENT ON DATABASE`
 */
export function reachesBeyond({ words, sql, copies }: Statement): string | undefined {
  const [first = '', second = '', third = ''] = words;
  if (/^(CREATE|ALTER|DROP)$/.test(first)) {
    if (second === 'USER' && third === 'MAPPING') return undefined;
    if (SHARED.test(second) || (first === 'ALTER' && second === 'SYSTEM')) return `${first} ${second}`;
  }
  if (first === 'COMMENT' && second === 'ON' && SHARED.test(third)) return `COMMENT ON ${third}`;
  if (first === 'SECURITY' && /\bON\s+(DATABASE|ROLE|TABLESPACE|SUBSCRIPTION)\b/i.test(sql.slice(0, LONGEST)))
    return 'SECURITY LABEL';
  if ((first === 'REASSIGN' || first === 'DROP') && second === 'OWNED') return `${first} OWNED`;
  if (first === 'LOAD') return 'LOAD';
  if (first === 'GRANT' || first === 'REVOKE') {
    const [, on] = /\bON\s+(DATABASE|TABLESPACE|PARAMETER)\b/i.exec(sql.slice(0, LONGEST)) ?? [];
    if (on !== undefined) return `${first} … ON ${on.toUpperCase()}`;
    if (!/\bON\b/i.test(sql.slice(0, LONGEST))) return `${first} of a role`;
  }
  if (first === 'COPY' && !copies) {
    const [, what] = /\b(?:FROM|TO)\s+(PROGRAM\b|E?')/i.exec(sql.slice(0, LONGEST)) ?? [];
    if (what !== undefined) return `COPY with a ${/PROGRAM/i.test(what) ? 'program' : 'file'} of the server`;
  }
  return undefined;
}

/**
 * Whether makesafe runs an entry itself, because it needs more rights than the dump gets. Only in the form that pg_dump
 * writes.
 */
export const isErrand = ({ kind, name, definition }: TocEntry): boolean =>
  (/^(EXTENSION|EVENT TRIGGER|SUBSCRIPTION)$/.test(kind) ||
    (kind === 'COMMENT' && /^(EXTENSION|EVENT TRIGGER|SUBSCRIPTION) /.test(name))) &&
  errandsOf(definition) !== undefined;

/** An errand and its place in the file: `line 12`, `EVENT TRIGGER noticing`. */
export interface PlacedErrand {
  readonly place: string;
  readonly errand: Errand;
}
