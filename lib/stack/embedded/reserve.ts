import { closeSync, openSync, renameSync, rmSync, statSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, type Home } from './server.ts';

/**
 * A server whose disk is full when it writes its log ahead ends, and needs some of the disk to start again and to drop
 * what filled it: two segments of that log. A file of this size is kept beside the data, and removed then.
 *
 * https://www.postgresql.org/docs/current/disk-full.html
 */
export const RESERVE = 32 * 2 ** 20;
/** A disk that has less room than so many times that is left alone. */
const ENOUGH = 3;

const fileOf = ({ folder }: Home): string => join(folder, 'reserve');

/** Keeps it, where it is not kept already and the disk has room. */
export function keepReserve(home: Home): void {
  const file = fileOf(home);
  if (statSync(file, { throwIfNoEntry: false })?.size === RESERVE) return;
  const { bavail, bsize } = statfsSync(home.folder);
  if (bavail * bsize < ENOUGH * RESERVE) return;
  const unfinished = `${file}.new`;
  try {
    const handle = openSync(unfinished, 'w', 0o600);
    try {
      // A hole would take no room.
      const zeros = Buffer.alloc(2 ** 20);
      for (let written = 0; written < RESERVE; written += zeros.length) writeSync(handle, zeros);
    } finally {
      closeSync(handle);
    }
    renameSync(unfinished, file);
  } catch {
    // Somebody else has filled the disk meanwhile; this is a precaution, and no reason to fail.
    rmSync(unfinished, { force: true });
  }
}

/** Gives it back to the disk. Tells whether there was one. */
export function useReserve(home: Home): boolean {
  const kept = statSync(fileOf(home), { throwIfNoEntry: false }) !== undefined;
  rmSync(fileOf(home), { force: true });
  return kept;
}

/** Whether the server's last run ended, or does not begin, because its disk is full. */
export function isDiskFull(home: Home): boolean {
  const lastRun = lastLines(home.log, 200).split('starting PostgreSQL').at(-1)!;
  return /(PANIC|FATAL): .*No space left on device/.test(lastRun);
}
