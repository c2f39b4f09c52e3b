import { closeSync, openSync, renameSync, rmSync, statSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, type Home } from './server.ts';

/**
 * Bytes of a file next to the data, which reserves room on the disk. A server ends when the disk is too full for its
 * write-ahead log (WAL). To start again and to drop what filled the disk, it needs room for two WAL segments: then
 * makesafe removes the file.
 *
 * @see https://www.postgresql.org/docs/current/disk-full.html
 */
export const RESERVE = 32 * 2 ** 20;
/** The file is made only if this many times its size is free. */
const ENOUGH = 3;

const fileOf = ({ folder }: Home): string => join(folder, 'reserve');

/** Makes the file if it does not exist and the disk has room. Never throws for a full disk. */
export function keepReserve(home: Home): void {
  const file = fileOf(home);
  if (statSync(file, { throwIfNoEntry: false })?.size === RESERVE) return;
  const { bavail, bsize } = statfsSync(home.folder);
  if (bavail * bsize < ENOUGH * RESERVE) return;
  const unfinished = `${file}.new`;
  try {
    const handle = openSync(unfinished, 'w', 0o600);
    try {
      // Write zeros: a sparse file would reserve nothing.
      const zeros = Buffer.alloc(2 ** 20);
      for (let written = 0; written < RESERVE; written += zeros.length) writeSync(handle, zeros);
    } finally {
      closeSync(handle);
    }
    renameSync(unfinished, file);
  } catch {
    // Another program has just filled the disk. The reserve is only a precaution: do not fail.
    rmSync(unfinished, { force: true });
  }
}

/** Removes the file, to free its room. @returns whether there was one */
export function useReserve(home: Home): boolean {
  const kept = statSync(fileOf(home), { throwIfNoEntry: false }) !== undefined;
  rmSync(fileOf(home), { force: true });
  return kept;
}

/** Whether the log says that the server ended, or did not start, because the disk is full. */
export function isDiskFull(home: Home): boolean {
  const lastRun = lastLines(home.log, 200).split('starting PostgreSQL').at(-1)!;
  return /(PANIC|FATAL): .*No space left on device/.test(lastRun);
}
