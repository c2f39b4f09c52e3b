import { createReadStream, type Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { display } from '../../output/display.ts';
import { HEAD, otherKindOf, type OtherKind } from '../other-kinds.ts';
import type { Dump, Expected } from './dump.ts';

/** The file cannot be restored as it is. The hint has the commands to type. */
export class NotTakenError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The error with the commands that convert the file to a dump, and the command that restores the result. */
function notTaken(
  { what, advice, convert }: OtherKind,
  name: string,
  gzip: boolean,
  again: Expected['again'],
): NotTakenError {
  const unzipped = name.replace(/\.gz$/, '');
  const whole = gzip ? `it is compressed with gzip, and inside it is ${what}` : `it is ${what}`;
  const steps: string[] = [];
  const from = gzip && convert ? unzipped : name;
  if (gzip && convert) steps.push(display({ file: 'gunzip', args: [name] }));
  const converted = convert?.(from);
  for (const words of converted?.commands ?? []) steps.push(lineOf(words));
  if (converted && again) steps.push(again(converted.to));
  return new NotTakenError(
    advice === undefined ? whole : `${whole}; ${advice.replaceAll('<file>', name)}`,
    steps.length > 0 ? steps.join('\n') : undefined,
  );
}

/** A command as a person types it, without the `sh -c` around it. */
function lineOf([file = '', ...args]: readonly string[]): string {
  if (file !== 'sh') return display({ file, args });
  const [, text = '', , ...values] = args;
  return text.replaceAll(/"\$(\d)"/g, (_, at: string) =>
    display({ file: values[Number(at) - 1]!, args: [] }),
  );
}

/** @returns the error for a folder that is not a dump */
async function folderWithout(
  path: string,
  { name = path, again }: Pick<Expected, 'again'> & { readonly name?: string },
): Promise<NotTakenError> {
  const there = await readdir(path);
  if (there.includes('PG_VERSION'))
    return new NotTakenError('it is the data directory of a server, and not a dump of a database');
  if (there.some((file) => /^(?:base\.tar(?:\.\w+)?|backup_manifest)$/.test(file)))
    return new NotTakenError(
      'it is a base backup of a whole server (pg_basebackup), and not a dump of a database; start a server on it, and take a dump there',
    );
  const dumps = there.filter((file) => /\.(?:dump|sql|gz|backup|bak)$/.test(file)).slice(0, 3);
  return new NotTakenError(
    'it is a folder without toc.dat, and so no dump in directory format',
    dumps.length > 0 && again ? dumps.map((file) => again(join(name, file))).join('\n') : undefined,
  );
}

/** @throws Error if it cannot be a dump or a script */
export async function recognise(
  path: string,
  stats: Stats,
  about: Pick<Expected, 'again'> & { readonly name?: string } = {},
): Promise<Pick<Dump, 'kind' | 'gzip'>> {
  if (stats.isDirectory()) {
    const toc = await stat(join(path, 'toc.dat')).catch(() => undefined);
    if (toc) return { kind: 'directory', gzip: false };
    throw await folderWithout(path, about);
  }
  if (!stats.isFile()) throw new Error('it is no file');
  if (stats.size === 0)
    throw new NotTakenError(
      'it is empty: whatever wrote it failed, or the disk was full',
      'take or fetch the dump once more',
    );
  const first = await firstBytes(path);
  const gzip = first[0] === 0x1f && first[1] === 0x8b;
  const head = gzip ? await firstOf(openDump({ path, gzip })) : first;
  if (head.length === 0) throw new Error('there is nothing in it');
  if (head.toString('latin1', 0, 5) === 'PGDMP') return { kind: 'custom', gzip };
  const other = otherKindOf(head.subarray(0, HEAD));
  if (other) throw notTaken(other, about.name ?? path, gzip, about.again);
  return { kind: 'plain', gzip };
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function firstOf(stream: Readable): Promise<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) return chunk;
  return Buffer.alloc(0);
}

/**
 * The contents of a dump's file, decompressed.
 *
 * @param meter the bytes on disk are written to it
 */
export function openDump(
  { path, gzip }: Pick<Dump, 'path' | 'gzip'>,
  meter: Transform = new PassThrough(),
): Readable {
  const last = gzip ? createGunzip() : new PassThrough();
  // Errors of the other two streams also reach the reader of `last`.
  pipeline([createReadStream(path), meter, last], () => {});
  return last;
}
