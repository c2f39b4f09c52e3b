import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Everything that may stand where a small file is expected, and how messages call it. */
export interface Broken {
  readonly what: string;
  readonly make: (path: string) => unknown;
  /** What messages say of it. */
  readonly said: RegExp;
}

export const NOT_FILES: readonly Broken[] = [
  { what: 'a folder', make: (path) => mkdirSync(path), said: /is a folder|EISDIR/ },
  { what: 'a pipe', make: (path) => execFileSync('mkfifo', [path]), said: /is a pipe/ },
  {
    what: 'a socket',
    // Kept by the kernel's name for it, although nobody listens any more.
    make: (path) =>
      new Promise<void>((resolve) => {
        const server = createServer().listen(path, () => {
          server.unref();
          resolve();
        });
      }),
    said: /is a socket|ENXIO/,
  },
  {
    what: 'a link that leads nowhere',
    make: (path) => symlinkSync('nowhere/at/all', path),
    said: /a link that leads nowhere|ELOOP/,
  },
  { what: 'a link to a device', make: (path) => symlinkSync('/dev/zero', path), said: /is a device|ELOOP/ },
  { what: 'a link to itself', make: (path) => symlinkSync(path, path), said: /ELOOP/ },
];

export const HUGE: Broken = {
  what: '2 GB of nothing',
  make: (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 31);
  },
  said: /has 2\.1 GB, and no more than/,
};
