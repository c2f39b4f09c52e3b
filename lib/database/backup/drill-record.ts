import { writeWhole } from '../../system/files.ts';
import type { CheckResult } from '../../output/check-result.ts';
import { readTextIfThere, UnreadableError } from '../../system/read-bounded.ts';

/** Result of the last drill of a backup: the contents of `<dump>.drill.json`. */
export interface DrillRecord {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The environment whose server the backup was restored on. */
  readonly on: string;
  readonly serverVersion: string;
  /** Of the dump that was restored, as in its facts. The record applies to no other dump. */
  readonly sha256: string;
  readonly proven: boolean;
  readonly checks: readonly CheckResult[];
}

export const recordFile = (dump: string): string => `${dump}.drill.json`;

/** @throws Error if the folder cannot be written */
export const writeRecord = (dump: string, record: DrillRecord): Promise<void> =>
  writeWhole(recordFile(dump), 0o600, (output) => void output.write(`${JSON.stringify(record, null, 2)}\n`));

/** The record of exactly this dump; undefined if there is none, or it cannot be read. */
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
