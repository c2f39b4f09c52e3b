import { readFileSync } from 'node:fs';
import { Readable, type Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUnzstd, decompressor } from '../../lib/dump/decompress.ts';

/** `seq 1 30000 | zstd -19 --no-check`: several blocks, as pg_dump writes them, without a checksum. */
const FRAME = readFileSync(new URL('fixtures/numbers.zst', import.meta.url));
const TEXT = Array.from({ length: 30_000 }, (_, n) => `${n + 1}\n`).join('');

async function through(stage: Duplex, pieces: readonly Buffer[]): Promise<Buffer> {
  const [read] = await Promise.all([buffer(stage), pipeline(Readable.from(pieces), stage)]);
  return read;
}

function inPieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let [at, turn] = [0, 0]; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length]!;
    pieces.push(bytes.subarray(at, (at += length)));
  }
  return pieces;
}

describe('each piece is a Buffer, which readers of rows rely on', () => {
  it.each([
    ['gzip', gzipSync(TEXT)],
    ['zstd', FRAME],
  ] as const)('%s', async (compression, bytes) => {
    const stage = decompressor(compression)!;
    const pieces: unknown[] = [];
    stage.on('data', (piece) => pieces.push(piece));
    await pipeline(Readable.from(inPieces(bytes, [5_000])), stage);
    expect(pieces.length).toBeGreaterThan(0);
    expect(pieces.filter((piece) => !Buffer.isBuffer(piece))).toEqual([]);
  });
});

describe('zstd', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 9 });

  it('gives back what went in, whatever the pieces are', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const read = await through(createUnzstd(), inPieces(FRAME, lengths));
        expect(read.equals(Buffer.from(TEXT))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('takes one frame behind the other, and nothing at all', async () => {
    expect(String(await through(createUnzstd(), [FRAME, FRAME]))).toBe(TEXT + TEXT);
    expect(await through(createUnzstd(), [])).toHaveLength(0);
  });

  it('is an error with a code where it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: FRAME.length - 1 }), sizes, async (end, lengths) => {
        const read = through(createUnzstd(), inPieces(FRAME.subarray(0, end), lengths));
        await expect(read).rejects.toMatchObject({ code: expect.stringMatching(/^Z_/) as string });
      }),
      { numRuns: 15 },
    );
  });

  it('never gives more than an error for what is damaged, and ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: FRAME.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const damaged = Buffer.from(FRAME);
          damaged[at] = damaged[at]! ^ flip;
          const read = await through(createUnzstd(), [damaged]).catch(
            (error: NodeJS.ErrnoException) => error,
          );
          if (read instanceof Error) expect(read.code).toMatch(/^Z_/);
          else expect(read.length).toBeLessThan(100 * TEXT.length);
        },
      ),
      { numRuns: 200 },
    );
  });
});
