import type { Statement } from '../../sql/lexer.ts';
import { schemaMadeBy } from '../../dump/read/forms.ts';

/** A statement that the server refused. */
export interface Failed {
  readonly statement: Pick<Statement, 'sql' | 'words'>;
  /** SQLSTATE. */
  readonly code: string;
  /** Roles that the statement names. */
  readonly roles: readonly string[];
  /** Those of them that the server does not have. */
  readonly missingRoles: readonly string[];
}

interface Class {
  /** Start of the statement, with one blank between its words. */
  readonly statement: RegExp;
  /** SQLSTATEs. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly codes: readonly string[];
  readonly when?: (failed: Failed) => boolean;
  /** Why the data lose nothing. */
  readonly why: string;
}

const [NO_RIGHT, UNDEFINED_OBJECT, UNDEFINED_TABLE] = ['42501', '42704', '42P01'];
const [UNDEFINED_FUNCTION, UNDEFINED_SCHEMA, UNDEFINED_COLUMN] = ['42883', '3F000', '42703'];
const [DUPLICATE_SCHEMA, DUPLICATE_OBJECT, BAD_VALUE] = ['42P06', '42710', '22023'];
const [NOT_POSSIBLE_HERE, IN_TRANSACTION] = ['0A000', '25001'];
const NOT_THERE = [UNDEFINED_OBJECT, UNDEFINED_TABLE, UNDEFINED_FUNCTION, UNDEFINED_SCHEMA, UNDEFINED_COLUMN];

const lacksRole = ({ missingRoles }: Failed): boolean => missingRoles.length > 0;
/** If the statement also names a role that exists, that role would lose something. */
const isForNobody = ({ roles, missingRoles }: Failed): boolean =>
  missingRoles.length > 0 && roles.length === missingRoles.length;

/**
 * Failures that lose nothing the dump is for: its tables, their rows, and what keeps the rows correct. Any other
 * failure stops the restore, and the old database stays in use. docs/RESTORE.md has the same table.
 */
export const HARMLESS: readonly Class[] = [
  {
    statement: /^CREATE SCHEMA /,
    codes: [DUPLICATE_SCHEMA],
    when: ({ statement }) => schemaMadeBy(statement) !== undefined,
    why: 'the schema is there',
  },
  {
    statement: /^CREATE (?:OR REPLACE )?(?:TRUSTED )?(?:PROCEDURAL )?LANGUAGE "?plpgsql\b/i,
    codes: [DUPLICATE_OBJECT, NO_RIGHT],
    why: 'every database has plpgsql',
  },
  { statement: /^CREATE EXTENSION /, codes: [DUPLICATE_OBJECT], why: 'the extension is there' },
  {
    statement: /^COMMENT ON /,
    codes: [NO_RIGHT, UNDEFINED_OBJECT],
    why: 'a comment, on what belongs to the server or is not here',
  },
  {
    statement: /^SET (?:SESSION |LOCAL )?"?default_tablespace\b/i,
    codes: [BAD_VALUE, UNDEFINED_OBJECT],
    why: 'the tablespace is not here: what it was for is in that of the database',
  },
  {
    statement: /^ALTER (?:TABLE|INDEX|MATERIALIZED VIEW) .* SET TABLESPACE /,
    codes: [UNDEFINED_OBJECT, NO_RIGHT],
    why: 'the tablespace is not here or not for everybody: it is in that of the database',
  },
  {
    statement: /^SET (?:SESSION |LOCAL )?"?default_table_access_method\b/i,
    codes: [BAD_VALUE, UNDEFINED_OBJECT],
    why: 'the way of storage is not here: tables are stored in the usual one',
  },
  {
    statement: /^(?:SET|RESET) (?:SESSION |LOCAL )?[\w."]+(?: |$)/,
    codes: [UNDEFINED_OBJECT],
    when: ({ missingRoles }) => missingRoles.length === 0,
    why: 'a setting that this server does not know, of a newer or older one',
  },
  {
    statement:
      /^(?:SET (?:SESSION |LOCAL )?(?:ROLE|SESSION AUTHORIZATION)|RESET (?:ROLE|SESSION AUTHORIZATION)) ?/,
    codes: [BAD_VALUE, UNDEFINED_OBJECT, NO_RIGHT],
    why: 'whoever makes it, it belongs to the role of the environment',
  },
  { statement: /^DROP /, codes: NOT_THERE, why: 'what it drops is not there' },
  {
    statement: /^SELECT PG_CATALOG\.lo_unlink\('?\d+'?\)$/i,
    codes: [UNDEFINED_OBJECT],
    why: 'what it drops is not there',
  },
  {
    statement: /^ALTER (?:FOREIGN |)TABLE .*\bDROP (?:CONSTRAINT|COLUMN|DEFAULT|NOT NULL)\b/,
    codes: NOT_THERE,
    why: 'what it drops is not there',
  },
  {
    statement: /^ALTER (?:FOREIGN |)TABLE .*\bDETACH PARTITION\b/,
    codes: NOT_THERE,
    why: 'what it detaches is not there',
  },
  {
    statement: /^DROP EXTENSION (?:IF EXISTS )?"?plpgsql\b/i,
    codes: [NO_RIGHT],
    why: 'every database has plpgsql',
  },
  {
    statement: /^(?:CREATE|ALTER) POLICY /,
    codes: [UNDEFINED_OBJECT],
    when: isForNobody,
    why: 'a policy for a role that is not here',
  },
  {
    statement: /^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) /,
    codes: [UNDEFINED_OBJECT],
    when: isForNobody,
    why: 'rights of a role that is not here',
  },
  {
    statement: /^ALTER .*\bOWNER TO /,
    codes: [UNDEFINED_OBJECT],
    when: lacksRole,
    why: 'its owner is not here: it belongs to the role of the environment',
  },
  {
    statement: /^CREATE USER MAPPING /,
    codes: [UNDEFINED_OBJECT],
    when: lacksRole,
    why: 'a password for a role that is not here',
  },
  {
    statement: /^(?:CREATE|ALTER) PUBLICATION /,
    codes: [NO_RIGHT, UNDEFINED_OBJECT],
    why: 'a publication is for replicating the original, not the copy',
  },
  {
    statement: /^SECURITY LABEL /,
    codes: [BAD_VALUE, NO_RIGHT],
    why: 'what would read the label is not here',
  },
  {
    statement: /^(?:ANALYZE|ANALYSE|VACUUM|CLUSTER|CHECKPOINT)\b/,
    codes: [NO_RIGHT, IN_TRANSACTION, UNDEFINED_TABLE],
    why: 'statistics are made when all is there',
  },
  {
    statement: /^(?:ALTER|CREATE) EVENT TRIGGER /,
    codes: [NO_RIGHT, UNDEFINED_OBJECT, NOT_POSSIBLE_HERE],
    why: 'only a superuser may make an event trigger',
  },
];

/** Characters that are enough to recognise a statement. */
const LONGEST_HEAD = 65_536;

/** A statement without leading comments, with one blank between its words. */
export const headOf = (sql: string): string =>
  sql
    .slice(0, LONGEST_HEAD)
    .replace(/^(?:\s+|--[^\n\r]*(?:[\n\r]|$)|\/\*[^]*?\*\/)+/, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/ ?;? ?$/, '')
    .replace(/^[A-Za-z ]+/, (words) => words.toUpperCase());

/** Why a failed statement may be left out; undefined if the failure matters. */
export function whyHarmless(failed: Failed): string | undefined {
  const head = headOf(failed.statement.sql);
  return HARMLESS.find(
    ({ statement, codes, when = () => true }) =>
      codes.includes(failed.code) && statement.test(head) && when(failed),
  )?.why;
}

/** Whether a statement is of a kind that may be left out if it fails. */
export function mayBeHarmless(sql: string): boolean {
  const head = headOf(sql);
  return HARMLESS.some(({ statement }) => statement.test(head));
}
