import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import { decompressor } from '../../dump/decompress.ts';
import type { Compression } from '../../dump/toc.ts';
import { readData, readHead, type ArchiveHead } from '../../dump/archive.ts';
import { ByteStream } from '../../dump/byte-stream.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { compressionOf, dataFiles } from '../../dump/dump-file.ts';
import { openDump } from '../../dump/read/recognise.ts';

/** Data that are being read, decompressed. */
export interface Incoming {
  readonly entry: number;
  readonly oid?: number;
  readonly content: Readable;
}

interface Archive {
  readonly head: ArchiveHead;
  readonly incoming: AsyncGenerator<Incoming>;
}

/**
 * Opens an archive: its head, and its data in order.
 *
 * @param meter the bytes on disk are written to it
 */
export async function openArchive(dump: Dump, meter: Transform): Promise<Archive> {
  if (dump.kind === 'custom') {
    const bytes = new ByteStream(openDump(dump, meter));
    const head = await readHead(bytes);
    return { head, incoming: customData(bytes, head) };
  }
  const head = await readHead(new ByteStream(createReadStream(join(dump.path, 'toc.dat'))));
  return { head, incoming: directoryData(dump.path, head, meter) };
}

async function* customData(bytes: ByteStream, head: ArchiveHead): AsyncGenerator<Incoming> {
  for await (const { bytes: raw, ...data } of readData(bytes, head)) {
    const source = Readable.from(raw, { objectMode: false });
    yield { ...data, content: decompressed(source, head.compression) };
  }
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* directoryData(folder: string, head: ArchiveHead, meter: Transform): AsyncGenerator<Incoming> {
  meter.resume();
  for (const { entry, oid, path } of dataFiles(folder, head)) {
    const source = createReadStream(path);
    source.on('data', (chunk) => meter.write(chunk));
    const content = decompressed(source, compressionOf(path));
    yield { entry: entry.id, ...(oid === undefined ? {} : { oid }), content };
  }
}

/** Its reader also gets the errors of the file. */
function decompressed(source: Readable, compression: Compression): Readable {
  // Never the file itself: the meter makes it flow before anybody reads it.
  const stage = decompressor(compression) ?? new PassThrough();
  pipeline(source, stage, () => {});
  return stage;
}
