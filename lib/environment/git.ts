import { execFile } from 'node:child_process';
import { childEnvironment } from '../system/process.ts';

/** Bytes. No file of a registry is larger. */
const MOST = 1 << 20;

/**
 * What git prints; undefined if it fails, or prints more than 1 MB. Without zx, which every refusal would have to load.
 * What `git replace` puts in place of an object is in no commit.
 */
export const git = (root: string, ...args: string[]): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const options = { env: childEnvironment(), maxBuffer: MOST, encoding: 'buffer' } as const;
    execFile('git', ['--no-replace-objects', '-C', root, ...args], options, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
