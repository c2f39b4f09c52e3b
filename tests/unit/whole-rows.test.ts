import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeRows } from '../../lib/database/restore/fill-table.ts';

async function collect(pieces: AsyncIterable<Buffer>): Promise<string[]> {
  const found: string[] = [];
  for await (const piece of pieces) found.push(piece.toString('latin1'));
  return found;
}

async function* inChunks(text: string, lengths: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  for (let [at, turn] = [0, 0]; at < bytes.length; turn += 1) {
    await Promise.resolve();
    yield bytes.subarray(at, (at += lengths[turn % lengths.length]!));
  }
}

describe('pieces of whole rows', () => {
  // As COPY writes them: a backslash is doubled, a line feed is none.
  const value = fc
    .array(fc.constantFrom('a', '.', '\\\\', '\\n', '\\N', '\t', 'é', ''), { maxLength: 6 })
    .map((parts) => parts.join(''));
  const lengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });

  it('are all rows in their order, without the end mark and what stands behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value), lengths, fc.boolean(), async (rows, cut, isMarked) => {
        const text = rows.map((row) => `${row}\n`).join('');
        const pieces = await collect(wholeRows(inChunks(`${text}${isMarked ? '\\.\n\n\n' : ''}`, cut)));
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(piece.endsWith('\n')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
