import { writeWhole } from '../../system/files.ts';
import type { Finding } from '../../output/check-result.ts';
import { readTextIfThere, UnreadableError } from '../../system/read-bounded.ts';

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

export const recordFile = (dump: string): string => `${dump}.drill.json`;

/** @throws Error when the folder cannot be written */
export const writeRecord = (dump: string, record: DrillRecord): Promise<void> =>
  writeWhole(recordFile(dump), 0o600, (output) => void output.write(`${JSON.stringify(record, null, 2)}\n`));

/** The record of exactly this dump; undefined where there is none, or nobody can read it. */
export function readRecord(dump: string, sha256: string): DrillRecord | undefined {
  try {
    const record = JSON.parse(readTextIfThere(recordFile(dump)) ?? 'null') as Partial<DrillRecord> | null;
    if (record?.format !== 1 || record.sha256 !== sha256 || typeof record.proven !== 'boolean')
      return undefined;
    if (typeof record.on !== 'string' || Number.isNaN(Date.parse(record.time ?? ''))) return undefined;
    return record as DrillRecord;
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
