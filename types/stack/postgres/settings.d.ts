/**
 * Settings that a server, a database or a role could have set otherwise (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), and
 * what each is in a session of ours.
 *
 * @see https://www.postgresql.org/docs/current/config-setting.html
 */
export type Settings = Readonly<Record<string, string>>;
/**
 * Where names are looked up. Every function, operator, type and table that a query of ours names without a
 * schema is the system's. `pg_temp` stands last, because where it is not named it comes first.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH
 */
export declare const SEARCH_PATH = 'pg_catalog, pg_temp';
/** What only newer servers know and has to hold from the first moment, the newest first. */
export declare const NEWER: Settings;
/**
 * What a session begins with: it is part of the message that opens it, comes before a setting of role or database, and
 * is what `RESET` and `DISCARD ALL` lead back to.
 *
 * @param unknown how many of NEWER the server does not know
 */
export declare const startOptions: (unknown?: number) => string;
/** Of a session for a file: what would end it half-way, or make it somebody else. The rest is the database's to say. */
export declare const fileOptions: (unknown?: number) => string;
/** The same for a program, for any version of the server. */
export declare const LIMIT_OPTIONS: string;
/**
 * The same for pg_dump, for any version of the server. The search path, and limits that only newer servers know, it sets
 * itself; where it is given a table's name, it goes by the path that the team has.
 */
export declare const programOptions: (more?: Settings) => string;
export declare const PROGRAM_OPTIONS: string;
/**
 * What a pg_dump needs besides, so that one schema is printed in one way and nothing ends it half-way: those of the
 * newer settings that the server knows, from the first moment, and what money looks like. Not for a dump that is kept:
 * money is read in the same way as it is printed, by the settings of the database.
 *
 * @param major of the server
 */
export declare const comparingSettings: (major: number) => Settings;
/** All that is looked at once more when the session stands. */
export declare const PINNED: Settings;
