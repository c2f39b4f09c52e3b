import type { Finding } from '../../output/check-result.ts';
/** What came of the last drill of a backup; stands beside it as `<dump>.drill.json`. */
export interface DrillRecord {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The environment on whose server it was restored. */
  readonly on: string;
  readonly serverVersion: string;
  /** Of the dump that was restored, as in its facts: a record is of no other one. */
  readonly sha256: string;
  readonly proven: boolean;
  readonly checks: readonly Finding[];
}
export declare const recordFile: (dump: string) => string;
/** @throws Error when the folder cannot be written */
export declare const writeRecord: (dump: string, record: DrillRecord) => Promise<void>;
/** The record of exactly this dump; undefined where there is none, or nobody can read it. */
export declare function readRecord(dump: string, sha256: string): DrillRecord | undefined;
