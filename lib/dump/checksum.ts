import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isFolder, nowhere } from './dump-file.ts';

/**
 * SHA-256 of a dump: of the file; for a folder, of the names, sizes and contents of its files in the order of their
 * names.
 *
 * @param meter all content is written to it
 */
export async function checksum(path: string, meter: Transform = new PassThrough()): Promise<string> {
  const hash = createHash('sha256');
  const folder = isFolder(path);
  const measured = pipeline(meter, nowhere());
  for (const file of filesOf(path)) {
    if (folder) hash.update(`${file} ${statSync(join(path, file)).size}\n`);
    for await (const chunk of createReadStream(join(path, file)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (!meter.write(chunk)) await new Promise((drained) => meter.once('drain', drained));
    }
  }
  meter.end();
  await measured;
  return hash.digest('hex');
}

/** The files of a dump, relative to its path; for a dump that is one file, ['']. */
export const filesOf = (path: string): string[] => (isFolder(path) ? readdirSync(path).sort() : ['']);

/** Bytes of a dump. */
export const sizeOf = (path: string): number =>
  filesOf(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
