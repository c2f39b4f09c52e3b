import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of a test's own, too small to be filled for long. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes every byte that is left; what it returns gives them back. */
  readonly fill: () => () => void;
  readonly remove: () => void;
}

/** Undefined where this account may not mount: only root may. */
export function makeSmallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`];
  if (spawnSync('mount', [...options, 'tmpfs', folder]).status !== 0) return undefined;
  const free = (): number => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    folder,
    fill: () => {
      const file = join(folder, 'filler');
      spawnSync('fallocate', ['--length', String(free()), file]);
      // Something may be given back meanwhile.
      if (free() > 256 * 1024) throw new Error(`${folder} still has ${free()} bytes`);
      return () => rmSync(file, { force: true });
    },
    remove: () => void spawnSync('umount', ['-l', folder]),
  };
}
