import type { TocEntry } from '../toc.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Statement } from '../../sql/lexer.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import { isAboutDatabase } from './statements.ts';
import { nameOf } from './forms.ts';

/** Statements for an owner, privileges or a tablespace, which the dump's own role may not run. */
export interface Right {
  readonly kind: 'owner' | 'privileges' | 'default privileges' | 'tablespace' | 'database';
  /** `FUNCTION mart.secret()` */
  readonly place: string;
  /** One statement, or several that only work together. */
  readonly sql: string;
  /** The new owner. Other roles are found in the text. */
  readonly owner?: string;
  /** The archive's entries that have to exist before. */
  readonly needs: readonly number[];
}

/**
 * Owners, privileges and tablespaces of the objects in an archive, in an order in which they can be set once all
 * objects exist. pg_restore writes the same statements.
 *
 * @see https://github.com/postgres/postgres/blob/REL_17_STABLE/src/bin/pg_dump/pg_backup_archiver.c
 * (_getObjectDescription)
 */
export function rightsIn(entries: readonly TocEntry[]): Right[] {
  const objects = new Map(entries.map((entry) => [entry.id, entry]));
  return [
    ...entries.flatMap(tablespaceOf),
    ...entries.flatMap(ownersOf),
    ...entries.flatMap((entry) => privilegesOf(entry, objects)),
    ...entries
      .filter(({ kind }) => kind === 'DATABASE PROPERTIES')
      .map(({ definition }) => ofDatabase('its settings and privileges', definition)),
  ];
}

/** For the database itself. Not run: its attributes come from the backup's facts, or stay those of the environment. */
const ofDatabase = (place: string, sql: string): Right => ({ kind: 'database', place, sql, needs: [] });

const NAMED =
  /^(?:COLLATION|CONVERSION|DOMAIN|FOREIGN TABLE|MATERIALIZED VIEW|SEQUENCE|STATISTICS|TABLE|TEXT SEARCH DICTIONARY|TEXT SEARCH CONFIGURATION|TYPE|VIEW|PROCEDURAL LANGUAGE|SCHEMA|EVENT TRIGGER|FOREIGN DATA WRAPPER|SERVER|PUBLICATION|SUBSCRIPTION)$/;
/** Their argument types are only in their DROP statement. */
const WITH_ARGUMENTS = /^(?:AGGREGATE|FUNCTION|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|PROCEDURE)$/;

/** What follows ALTER; empty for an object without an owner of its own. */
function objectsOf({ kind, schema, name, drop, definition }: TocEntry): string[] {
  if (kind === 'BLOB METADATA') return [...oidsIn(definition)].map((oid) => `LARGE OBJECT ${oid}`);
  // Without a DROP statement, it is a part of another object.
  if (drop === '') return [];
  if (kind === 'BLOB') return /^\d+$/.test(name) ? [`LARGE OBJECT ${name}`] : [];
  if (NAMED.test(kind)) return [`${kind} ${schema === '' ? '' : `${quoteName(schema)}.`}${quoteName(name)}`];
  if (!WITH_ARGUMENTS.test(kind)) return [];
  const [statement, ...more] = splitStatements(drop);
  const text = statement?.sql.trim().replace(/;$/, '') ?? '';
  return more.length === 0 && text.startsWith(`DROP ${kind} `) ? [text.slice('DROP '.length)] : [];
}

/** OIDs of the large objects that one entry creates; since PostgreSQL 17 there may be many. */
export const oidsIn = (definition: string): string[] => definition.match(/^\d+$/gm) ?? [];

function ownersOf(entry: TocEntry): Right[] {
  const { owner, id } = entry;
  if (owner === '') return [];
  return objectsOf(entry).map((object) => ({
    ...{ kind: 'owner' as const, place: object, owner, needs: [id] },
    sql: `ALTER ${object} OWNER TO ${quoteName(owner)}`,
  }));
}

/** The statement that makes a role the owner of an object; undefined for an object without an owner of its own. */
export const ownerStatement = (entry: TocEntry, role: string): string | undefined =>
  objectsOf(entry).map((object) => `ALTER ${object} OWNER TO ${quoteName(role)}`)[0];

const RIGHTS = /^(?:GRANT|REVOKE)$/;

/** Whether all statements only grant or revoke. */
function isAboutRights(sql: string): boolean {
  return splitStatements(sql).every(({ words: [first = '', second, third] }) => {
    if (first === 'ALTER') return second === 'DEFAULT' && third === 'PRIVILEGES';
    // For grants by another role than the owner.
    if (first === 'SET' || first === 'RESET') return second === 'SESSION' && third === 'AUTHORIZATION';
    return RIGHTS.test(first);
  });
}

function privilegesOf(entry: TocEntry, objects: ReadonlyMap<number, TocEntry>): Right[] {
  const { id, kind, schema, name, definition, dependencies } = entry;
  if (!/^(?:ACL|ACL LANGUAGE|DEFAULT ACL)$/.test(kind) || !isAboutRights(definition)) return [];
  const right = {
    kind: kind === 'DEFAULT ACL' ? ('default privileges' as const) : ('privileges' as const),
    place: kind === 'DEFAULT ACL' ? name : `${schema === '' ? '' : `${schema}.`}${name}`,
    needs: [id, ...dependencies],
  };
  const of = objects.get(dependencies[0] ?? -1);
  const oids = of?.kind === 'BLOB METADATA' ? oidsIn(of.definition) : [];
  if (oids.length < 2) return [{ ...right, sql: definition }];
  // pg_dump writes the privileges of the first large object only; they apply to all of them.
  return oids.map((oid) => ({
    ...{ ...right, place: `LARGE OBJECT ${oid}` },
    sql: definition.replaceAll(/\bLARGE OBJECT \d+/g, `LARGE OBJECT ${oid}`),
  }));
}

const CONSTRAINT = /\bADD CONSTRAINT ("(?:[^"]|"")+"|[a-z_][\w$]*) (?:PRIMARY KEY|UNIQUE|EXCLUDE)\b/;

/** A CONSTRAINT entry stores an index of the same name. */
const STORED: Readonly<Record<string, string>> = {
  ...{ TABLE: 'TABLE', INDEX: 'INDEX', CONSTRAINT: 'INDEX', 'MATERIALIZED VIEW': 'MATERIALIZED VIEW' },
};

function tablespaceOf({ kind, schema, name, tablespace, definition }: TocEntry): Right[] {
  const what = STORED[kind];
  if (what === undefined || tablespace === '') return [];
  // The name of a CONSTRAINT entry is the table's name, a blank, and the constraint's name.
  const own = kind === 'CONSTRAINT' ? CONSTRAINT.exec(definition)?.[1] : quoteName(name);
  if (own === undefined) return [];
  const place = `${what} ${quoteName(schema)}.${own}`;
  return [
    { kind: 'tablespace', needs: [], place, sql: `ALTER ${place} SET TABLESPACE ${quoteName(tablespace)}` },
  ];
}

/** The right that a statement of a plain dump would set. It is reported, but not run. */
export function rightOf({ words, sql, line }: Pick<Statement, 'words' | 'sql' | 'line'>): Right[] {
  const [first, second, third] = words;
  if (isAboutDatabase({ words, sql }))
    return [ofDatabase(`${first} ${second === 'ON' ? `ON ${third}` : second} (line ${line})`, sql)];
  const right = (kind: Right['kind'], place = `line ${line}`): Right => ({ kind, place, sql, needs: [] });
  if (first === 'GRANT' || first === 'REVOKE') {
    const [, on] = /\bON ((?:[^"';]|"(?:[^"]|"")+")+?) (?:TO|FROM) /.exec(sql) ?? [];
    return [right('privileges', on)];
  }
  if (first !== 'ALTER') return [];
  if (second === 'DEFAULT') return [right('default privileges')];
  const [, object, name] = OWNED_BY.exec(sql) ?? [];
  return object === undefined || name === undefined
    ? []
    : [{ ...right('owner', object), owner: nameOf(name) }];
}

const OWNED_BY = /^(?:\s|--[^\n\r]*[\n\r])*ALTER (.+) OWNER TO ("(?:[^"]|"")*"|[\w$\u0080-\uffff]+);$/s;
