import type { Client } from 'pg';
import { type Mark } from './aside.ts';
import { type Hand } from '../asserted.ts';
/** A database as the catalog has it. */
export interface DatabaseRow {
  readonly oid: string;
  readonly name: string;
  readonly open: boolean;
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  readonly comment: string | null;
}
export interface Marked extends DatabaseRow {
  readonly mark: Mark;
}
/** What stands beside a database, and what a killed run left of it. */
export interface Leftovers {
  readonly present: DatabaseRow | undefined;
  /** The database itself, when a run was killed that had closed it. */
  readonly closed: Marked | undefined;
  /** Half made, to take its place; the mark is missing when the run was killed before it was written. */
  readonly unfinished:
    | (DatabaseRow & {
        readonly mark: Mark | undefined;
      })
    | undefined;
  /** What was in its place before the swap, and should be gone. */
  readonly former: Marked | undefined;
  /** What was in its place before, and is kept on purpose; the latest first. */
  readonly kept: readonly Marked[];
  /** Somebody's own, with a name that a replacement needs. */
  readonly foreign: readonly DatabaseRow[];
}
export declare function findLeftovers(client: Client, name: string): Promise<Leftovers>;
/** Tells ours from others': by the mark and the name together, as the one may be copied and the other chosen. */
export declare function recognise(name: string, rows: readonly DatabaseRow[]): Leftovers;
/** What was found, in a sentence each, for the person whose last run was killed. */
export declare function describeLeftovers(name: string, { closed, unfinished, former }: Leftovers): string[];
/** `14:03` of today, else with the date; in this machine's time zone. */
export declare function localTime(iso: string, now?: Date): string;
/** @throws RefusedError when a database of somebody else has a name that is needed */
export declare function refuseForeign({ foreign }: Leftovers): void;
/** Lets applications in again, where a run that had closed the database was killed. */
export declare function reopen({ closed }: Leftovers, hand: Hand): Promise<void>;
/** Drops what a killed run left. */
export declare function removeLeftovers({ unfinished, former }: Leftovers, hand: Hand): Promise<void>;
/**
 * Drops a database of ours, whoever is in it. It is renamed in a transaction that asserts which one it is, to a name that
 * only this run knows; DROP DATABASE goes by that. What remains: somebody who reads that name from the server's catalog
 * and gives it to another database within the milliseconds between the two.
 */
export declare function drop(row: DatabaseRow, hand: Hand): Promise<void>;
export declare const dropStatement: (name: string) => string;
/** As one query, so that nothing but the server's own work lies between the statements. */
export declare const inTransaction: (...statements: string[]) => string;
