/**
 * The table of contents of pg_dump's own formats (pg_backup_archiver.c). How the bytes are come by is for others: the
 * reader asks for a look at what comes next, and is given it.
 */
/** One entry of the table of contents. */
export interface Entry {
  readonly id: number;
  /** Object identifiers of its catalog and of itself, `1259/16391`; `0/0` for what is in no catalog. */
  readonly catalog: string;
  /** pg_dump's word: `TABLE`, `TABLE DATA`, `COMMENT`. */
  readonly kind: string;
  readonly schema: string;
  /** pg_dump's tag: `receive_daily`, and for a trigger `receive_daily touch`. */
  readonly name: string;
  /** SQL, of one or several statements. */
  readonly definition: string;
  /** The statement that drops it; empty for what is no object of its own. */
  readonly drop: string;
  /** `COPY … FROM stdin;`, or empty when the data are statements. */
  readonly copy: string;
  readonly tablespace: string;
  readonly accessMethod: string;
  readonly owner: string;
  /** Ids of entries that it needs. */
  readonly dependencies: readonly number[];
  readonly hasData: boolean;
  /** Directory format: the file of its data. */
  readonly file: string;
}
export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd';
/** What stands in front of the entries. */
export interface Head {
  readonly format: 'custom' | 'directory';
  /** 1.14 of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17 and 18. */
  readonly version: string;
  readonly compression: Compression;
  readonly database: string;
  /** `17.11 (Debian …)` */
  readonly serverVersion: string;
  readonly pgDumpVersion: string;
  /** Bytes of an integer's value; its sign is one more in front. */
  readonly integerSize: number;
}
/** Types of data blocks behind the table of contents of the custom format (pg_backup_custom.c). */
export declare const TABLE_DATA = 1;
export declare const LARGE_OBJECTS = 3;
/** A request for a look at the bytes that come next. */
export interface Look {
  /** How many bytes of the last look are done with. */
  readonly done: number;
  /** How many there have to be; all that are at hand are welcome, and save further looks. */
  readonly least: number;
}
export type Reading<T> = Generator<Look, T, Buffer>;
/**
 * @param visit is given the entries in their order
 * @throws Error saying what is wrong with it
 */
export declare function readToc(visit: (entry: Entry) => void): Reading<Head>;
/** Of the bytes of one integer, sign and value. */
export declare const integerOf: (bytes: Buffer) => number;
