import type { Client } from 'pg';
import type { Statement } from '../../sql/lexer.ts';
export { RowCounter } from './row-counter.ts';
/** What a file brings of a table: nothing, so many rows, or statements that make them. */
export type TableData = 'none' | 'statements' | number;
/** What a dump of pg_dump says that it brings. */
export interface Brings {
  /** By `schema.name`. */
  readonly tables: ReadonlyMap<string, TableData>;
  readonly sequences: number;
  /** How often there are data for a table that it does not make. */
  readonly orphans: number;
}
/** Collects it while the dump is read. */
export declare class Bringing implements Brings {
  #private;
  readonly tables: Map<string, TableData>;
  sequences: number;
  orphans: number;
  /** Schemas of its tables that it does not make. */
  get missingSchemas(): string[];
  table(schema: string, name: string): void;
  data(schema: string, name: string, data: TableData): void;
  /** A statement of a plain dump. @param rows of the data behind it */
  statement({ words, sql }: Statement, rows: number | undefined): void;
}
/** A table as it is in a database. */
export interface TableThere {
  readonly name: string;
  /** Whether there is anything in it, as far as the catalog tells. */
  readonly filled: boolean;
}
/** The tables of a database, from its catalog: nothing of them is read, and so nothing of theirs is run. */
export declare function tablesOf(client: Client): Promise<TableThere[]>;
/** Whether it makes tables, and has nothing for any of them. */
export declare const bringsNoData: ({ tables }: Brings) => boolean;
/** What a dump does not bring of what is there now, in a sentence each. */
export declare function lacks({ tables }: Brings, there: readonly TableThere[]): string[];
/** What is in a database after a restore. */
export interface Found {
  readonly tables: number;
  readonly rows: number;
  readonly sequences: number;
}
/**
 * Counts what there is, and compares it with what the dump said.
 *
 * @param client as the role that the restore ran as: to read a table may run functions of whoever defined its indexes
 * @param brings undefined for a script, which says nothing
 * @throws FailedError naming what is missing
 */
export declare function lookAtBrought(
  client: Client,
  name: string,
  brings: Brings | undefined,
): Promise<Found>;
/** `12 tables, 1,234 rows, 3 sequences` */
export declare const describeFound: ({ tables, rows, sequences }: Found) => string;
