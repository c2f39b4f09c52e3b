import type { Entry } from '../toc.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Statement } from '../../sql/lexer.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import { isAboutDatabase } from './statements.ts';
import { nameOf } from './forms.ts';

/** A statement about owners, privileges or the place of storage, which a dump's own role has no rights for. */
export interface Right {
  readonly kind: 'owner' | 'privileges' | 'default privileges' | 'tablespace' | 'database';
  /** `FUNCTION mart.secret()` */
  readonly place: string;
  /** One statement, or several that belong together. */
  readonly sql: string;
  /** A role that it is about: the owner. Others are found in the text. */
  readonly owner?: string;
  /** The archive's entries that must be there before. */
  readonly needs: readonly number[];
}

/**
 * Owners, privileges and tablespaces of what is in an archive, in the order in which they can be set when all of it is
 * there: as pg_restore writes them, which has the whole list at hand and no rights to think of.
 *
 * @see https://github.com/postgres/postgres/blob/REL_17_STABLE/src/bin/pg_dump/pg_backup_archiver.c (_getObjectDescription)
 */
export function rightsIn(entries: readonly Entry[]): Right[] {
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

/** Of the database itself: at home its attributes are kept beside the dump, and elsewhere those of the environment hold. */
const ofDatabase = (place: string, sql: string): Right => ({ kind: 'database', place, sql, needs: [] });

const NAMED =
  /^(?:COLLATION|CONVERSION|DOMAIN|FOREIGN TABLE|MATERIALIZED VIEW|SEQUENCE|STATISTICS|TABLE|TEXT SEARCH DICTIONARY|TEXT SEARCH CONFIGURATION|TYPE|VIEW|PROCEDURAL LANGUAGE|SCHEMA|EVENT TRIGGER|FOREIGN DATA WRAPPER|SERVER|PUBLICATION|SUBSCRIPTION)$/;
/** Which arguments they have stands in the statement that drops them. */
const WITH_ARGUMENTS = /^(?:AGGREGATE|FUNCTION|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|PROCEDURE)$/;

/** What follows ALTER; empty for what has no owner of its own. */
function objectsOf({ kind, schema, name, drop, definition }: Entry): string[] {
  if (kind === 'BLOB METADATA') return [...oidsIn(definition)].map((oid) => `LARGE OBJECT ${oid}`);
  // Without it, it is a part of something else.
  if (drop === '') return [];
  if (kind === 'BLOB') return /^\d+$/.test(name) ? [`LARGE OBJECT ${name}`] : [];
  if (NAMED.test(kind)) return [`${kind} ${schema === '' ? '' : `${quoteName(schema)}.`}${quoteName(name)}`];
  if (!WITH_ARGUMENTS.test(kind)) return [];
  const [statement, ...more] = splitStatements(drop);
  const text = statement?.sql.trim().replace(/;$/, '') ?? '';
  return more.length === 0 && text.startsWith(`DROP ${kind} `) ? [text.slice('DROP '.length)] : [];
}

/** The large objects that one entry makes, since version 17 many. */
export const oidsIn = (definition: string): string[] => definition.match(/^\d+$/gm) ?? [];

function ownersOf(entry: Entry): Right[] {
  const { owner, id } = entry;
  if (owner === '') return [];
  return objectsOf(entry).map((object) => ({
    ...{ kind: 'owner' as const, place: object, owner, needs: [id] },
    sql: `ALTER ${object} OWNER TO ${quoteName(owner)}`,
  }));
}

/** The statement that gives an object of the archive to a role; undefined for what has no owner of its own. */
export const ownerStatement = (entry: Entry, role: string): string | undefined =>
  objectsOf(entry).map((object) => `ALTER ${object} OWNER TO ${quoteName(role)}`)[0];

const RIGHTS = /^(?:GRANT|REVOKE)$/;

/** Whether all of it only gives and takes rights. */
function isAboutRights(sql: string): boolean {
  return splitStatements(sql).every(({ words: [first = '', second, third] }) => {
    if (first === 'ALTER') return second === 'DEFAULT' && third === 'PRIVILEGES';
    // For what somebody else than the owner has granted.
    if (first === 'SET' || first === 'RESET') return second === 'SESSION' && third === 'AUTHORIZATION';
    return RIGHTS.test(first);
  });
}

function privilegesOf(entry: Entry, objects: ReadonlyMap<number, Entry>): Right[] {
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
  // That of the first stands for all of them.
  return oids.map((oid) => ({
    ...{ ...right, place: `LARGE OBJECT ${oid}` },
    sql: definition.replaceAll(/\bLARGE OBJECT \d+/g, `LARGE OBJECT ${oid}`),
  }));
}

const CONSTRAINT = /\bADD CONSTRAINT ("(?:[^"]|"")+"|[a-z_][\w$]*) (?:PRIMARY KEY|UNIQUE|EXCLUDE)\b/;

/** `CONSTRAINT` is the index of that name. */
const STORED: Readonly<Record<string, string>> = {
  ...{ TABLE: 'TABLE', INDEX: 'INDEX', CONSTRAINT: 'INDEX', 'MATERIALIZED VIEW': 'MATERIALIZED VIEW' },
};

function tablespaceOf({ kind, schema, name, tablespace, definition }: Entry): Right[] {
  const what = STORED[kind];
  if (what === undefined || tablespace === '') return [];
  // The tag of a constraint is that of its table and its own, with a blank between them.
  const own = kind === 'CONSTRAINT' ? CONSTRAINT.exec(definition)?.[1] : quoteName(name);
  if (own === undefined) return [];
  const place = `${what} ${quoteName(schema)}.${own}`;
  return [
    { kind: 'tablespace', needs: [], place, sql: `ALTER ${place} SET TABLESPACE ${quoteName(tablespace)}` },
  ];
}

/** Of a statement of a plain dump: what would be set, and is not. */
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
