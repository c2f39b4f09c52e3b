import type { Client } from 'pg';
/** What belongs to a database itself rather than to what is in it: a plain DROP and CREATE loses all of it. */
export interface DatabaseAttributes {
  readonly oid: string;
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** libc, icu or builtin; null before version 15, which does not say. */
  readonly provider: 'c' | 'i' | 'b' | null;
  readonly locale: string | null;
  readonly icuRules: string | null;
  /** Null where template0 is: naming that one would need a privilege on it. */
  readonly tablespace: string | null;
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  /** Null while the privileges are the default ones. */
  readonly privileges: readonly DatabasePrivilege[] | null;
  readonly comment: string | null;
  readonly settings: readonly DatabaseSetting[];
}
export interface DatabasePrivilege {
  /** Null is PUBLIC. */
  readonly grantee: string | null;
  readonly grantor: string;
  readonly privilege: string;
  readonly grantable: boolean;
}
/** `ALTER DATABASE … SET`, or with a role `ALTER ROLE … IN DATABASE … SET`. */
export interface DatabaseSetting {
  readonly role: string | null;
  readonly name: string;
  readonly value: string;
}
/** The attributes of a database, or undefined when there is none of that name. */
export declare function readAttributes(client: Client, name: string): Promise<DatabaseAttributes | undefined>;
/**
 * The statement that makes an empty database, closed to new sessions, with those of the attributes that it must have
 * from the beginning. The comment, `CONNECTION LIMIT` and `IS_TEMPLATE` are left to whoever opens it.
 */
export declare function createStatement(
  attributes: DatabaseAttributes,
  name: string,
  connectionLimit: number,
): string;
/** The statements that give a database the settings of another one. */
export declare function settingStatements({ settings }: DatabaseAttributes, name: string): string[];
/** The statements that give a database the privileges of another one. */
export declare function privilegeStatements(
  { privileges, owner }: DatabaseAttributes,
  name: string,
): string[];
