import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FailedError } from '../../lib/errors.ts';
import { isBelow, writeWhole } from '../../lib/system/files.ts';
import { temporaryFolder } from './support.ts';

/** Whatever is still open or about to be made gets its time to turn up. */
async function settled(folder: string): Promise<string[]> {
  await sleep(30);
  return readdirSync(folder).sort();
}
const openFiles = (): number => readdirSync('/proc/self/fd').length;

test('the content, the folder above it, and nothing else', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'a/b/out.sql');
  await writeWhole(file, 0o644, (output) => void output.write('one\n日本\n'));
  expect(readFileSync(file, 'utf8')).toBe('one\n日本\n');
  expect(await settled(join(folder, 'a/b'))).toEqual(['out.sql']);
});

test('fill may end the stream itself, and may take its time', async () => {
  const file = join(temporaryFolder(), 'out');
  await writeWhole(file, 0o644, async (output) => {
    output.write('one ');
    await sleep(5);
    output.end('two');
  });
  expect(readFileSync(file, 'utf8')).toBe('one two');
});

test('more than a buffer', async () => {
  const file = join(temporaryFolder(), 'out');
  const text = 'x'.repeat(3_000_000);
  await writeWhole(file, 0o600, (output) => void output.write(text));
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test.each([0o600, 0o644])('mode %o, also over an old file of another mode', async (mode) => {
  const folder = temporaryFolder({ old: 'old' });
  for (const name of ['old', 'new']) {
    await writeWhole(join(folder, name), mode, (output) => void output.write('new'));
    expect(statSync(join(folder, name)).mode & 0o777).toBe(mode);
  }
});

test('while it is written the old file stands, and a reader never meets half a file', async () => {
  const folder = temporaryFolder({ out: 'old' });
  const file = join(folder, 'out');
  await writeWhole(file, 0o644, async (output) => {
    await new Promise((written) => output.write('half', written));
    expect(readFileSync(file, 'utf8')).toBe('old');
    output.write(' and half');
  });
  expect(readFileSync(file, 'utf8')).toBe('half and half');
});

test.each<[what: string, fill: Parameters<typeof writeWhole>[2]]>([
  [
    'at once',
    () => {
      throw new Error('pg_dump failed');
    },
  ],
  [
    'after a write',
    (output) => {
      output.write('half');
      throw new Error('pg_dump failed');
    },
  ],
  [
    'later',
    async (output) => {
      await new Promise((written) => output.write('half', written));
      throw new Error('pg_dump failed');
    },
  ],
  [
    'after the end of the stream',
    async (output) => {
      await new Promise<void>((ended) => output.end('half', ended));
      throw new Error('pg_dump failed');
    },
  ],
])('a fill that fails %s leaves the old file, nothing beside it and nothing open', async (_when, fill) => {
  const folder = temporaryFolder({ out: 'old' });
  const open = openFiles();
  // Often, because the file might be made while it is being removed.
  for (let round = 0; round < 40; round++) {
    const name = round % 2 ? 'out' : `new${round}`;
    await expect(writeWhole(join(folder, name), 0o644, fill)).rejects.toThrow(new Error('pg_dump failed'));
  }
  expect(await settled(folder)).toEqual(['out']);
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('old');
  expect(openFiles()).toBe(open);
});

test('a destroyed stream is a failure, not an empty file', async () => {
  const folder = temporaryFolder({ out: 'old' });
  const writing = writeWhole(join(folder, 'out'), 0o644, (output) => {
    output.write('half');
    output.destroy();
  });
  await expect(writing).rejects.toThrow();
  expect(await settled(folder)).toEqual(['out']);
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('old');
});

test('what a killed run left behind is no obstacle', async () => {
  const folder = temporaryFolder({ [`.out.${process.pid}.partial`]: 'left' });
  await writeWhole(join(folder, 'out'), 0o644, (output) => void output.write('new'));
  expect(await settled(folder)).toEqual(['out']);
});

test.each([
  ['a folder in its place', 'taken'],
  ['a file for a folder', 'file/out'],
])('%s: the error names the file', async (_what, name) => {
  const folder = temporaryFolder({ file: 'x' });
  mkdirSync(join(folder, 'taken'));
  const writing = writeWhole(join(folder, name), 0o644, (output) => void output.write('x'));
  await expect(writing).rejects.toThrow(FailedError);
  await expect(writing).rejects.toThrow(`${join(folder, name)} cannot be written: E`);
  expect(await settled(folder)).toEqual(['file', 'taken']);
});

test('isBelow: the folder itself and what is in it, wherever links lead, and whether or not it is there', () => {
  const folder = temporaryFolder({ 'data/base/1': '', 'database/x': '' });
  const at = (path: string): string => join(folder, path);
  symlinkSync('data', at('link'));
  symlinkSync('link/base', at('through'));
  symlinkSync('nowhere', at('data/dangling'));
  symlinkSync('data/new', at('to-be-made'));
  symlinkSync('loop', at('loop'));
  const inside = ['data', 'data/', 'data/base', 'data/no/such', 'link', 'link/x', 'through', 'to-be-made/x'];
  const outside = [
    '',
    'database',
    'database/x',
    'data2',
    'data/../x',
    'data/dangling/../../y',
    'loop/x',
    '../x',
  ];
  for (const path of inside) expect([path, isBelow(at(path), at('data'))]).toEqual([path, true]);
  for (const path of outside) expect([path, isBelow(at(path), at('data'))]).toEqual([path, false]);
  expect(isBelow(at('data/base'), at('link'))).toBe(true);
  expect(isBelow('/anything', '/')).toBe(true);
});
