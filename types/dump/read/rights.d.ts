import type { Entry } from '../toc.ts';
import type { Statement } from '../../sql/lexer.ts';
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
export declare function rightsIn(entries: readonly Entry[]): Right[];
/** The large objects that one entry makes, since version 17 many. */
export declare const oidsIn: (definition: string) => string[];
/** The statement that gives an object of the archive to a role; undefined for what has no owner of its own. */
export declare const ownerStatement: (entry: Entry, role: string) => string | undefined;
/** Of a statement of a plain dump: what would be set, and is not. */
export declare function rightOf({ words, sql, line }: Pick<Statement, 'words' | 'sql' | 'line'>): Right[];
