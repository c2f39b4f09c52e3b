import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import {
  isThere,
  readBytesIfThere,
  readJsonIfThere,
  readTailIfThere,
  readText,
  readTextIfThere,
  UnreadableError,
} from '../../lib/system/read-bounded.ts';
import { reasonOf, remedyOf } from '../../lib/system/reason.ts';
import { HUGE, NOT_FILES } from './broken-files.ts';
import { processorTime, temporaryFolder, thrownBy } from './support.ts';

const READERS = { readBytesIfThere, readTextIfThere, readText, readJsonIfThere };

describe.each(Object.entries(READERS))('%s', (_name, read) => {
  test.each([...NOT_FILES, HUGE])('of $what: a sentence with its name, at once', async ({ make, said }) => {
    const file = join(temporaryFolder(), 'x');
    await make(file);
    const spent = processorTime();
    const error = thrownBy(() => read(file));
    expect(error).toBeInstanceOf(UnreadableError);
    expect(error.message).toMatch(said);
    expect(error.message).toContain(file);
    expect(thrownBy(() => read(file, { as: 'env/x' })).message).toMatch(/^env\/x/);
    expect(spent()).toBeLessThan(1_000);
  });
});

test('no file is none, also below what is no folder', () => {
  const folder = temporaryFolder({ file: 'x' });
  for (const name of ['none', 'file/none', 'none/none']) {
    expect(readTextIfThere(join(folder, name))).toBeUndefined();
    expect(readTailIfThere(join(folder, name))).toBeUndefined();
    expect(isThere(join(folder, name))).toBe(false);
    expect(thrownBy(() => readText(join(folder, name), { as: 'x' })).message).toBe('x: no such file');
  }
});

test('as many bytes as it may have, and not one more', () => {
  const file = join(temporaryFolder({ x: 'a'.repeat(1000) }), 'x');
  expect(readTextIfThere(file, { most: 1000 })).toHaveLength(1000);
  expect(thrownBy(() => readTextIfThere(file, { most: 999, as: 'x' })).message).toBe(
    'x has 1.0 kB, and no more than 999 bytes of such a file are read',
  );
});

test('what the kernel makes while it is read', () => {
  expect(readText('/proc/self/status')).toContain('Pid:');
});

test.each<[what: string, content: Buffer, message: string | undefined]>([
  ['UTF-8', Buffer.from('日本\n'), undefined],
  ['empty', Buffer.alloc(0), undefined],
  ['a NUL in line 2', Buffer.from('a\nb\0c\n'), 'x:2 is no text: there is a NUL in it'],
  [
    'UTF-16, as an editor of Windows writes',
    Buffer.from('\ufeffA=1', 'utf16le'),
    'x is UTF-16, and has to be UTF-8',
  ],
])('a text: %s', (_what, content, message) => {
  const file = join(temporaryFolder({ x: content }), 'x');
  if (message === undefined) expect(readTextIfThere(file)).toBe(content.toString());
  else expect(thrownBy(() => readTextIfThere(file, { as: 'x' })).message).toBe(message);
});

test.each<[content: string, message: RegExp]>([
  ['', /^x is not JSON: it is empty$/],
  ['{"a":', /^x is not JSON: /],
  ['\ufffd', /^x is not JSON: /],
])('no JSON: %j', (content, message) => {
  const file = join(temporaryFolder({ x: content }), 'x');
  expect(thrownBy(() => readJsonIfThere(file, { as: 'x' })).message).toMatch(message);
});

describe('the end of a file', () => {
  const file = (): string => join(temporaryFolder({ x: 'one\ntwo\nthree\n' }), 'x');
  test.each<[most: number, text: string, skipped: number]>([
    [100, 'one\ntwo\nthree\n', 0],
    [14, 'one\ntwo\nthree\n', 0],
    // The line in which it begins is not whole, for all that is known.
    [10, 'three\n', 8],
    [6, '', 14],
    [7, 'three\n', 8],
  ])('its last %d bytes', (most, text, skipped) => {
    expect(readTailIfThere(file(), { most })).toEqual({ text, skipped });
  });

  test('of 2 GB: at once, and no more than that', () => {
    const large = join(temporaryFolder(), 'x');
    HUGE.make(large);
    writeFileSync(large, '\nlast\n', { flag: 'a' });
    const spent = processorTime();
    expect(readTailIfThere(large, { most: 1 << 20 })).toEqual({ text: 'last\n', skipped: 2 ** 31 + 1 });
    expect(spent()).toBeLessThan(1_000);
  });

  test.each(NOT_FILES)('of $what: a sentence', async ({ make, said }) => {
    const path = join(temporaryFolder(), 'x');
    await make(path);
    expect(thrownBy(() => readTailIfThere(path)).message).toMatch(said);
  });
});

test('what the system answers is said in words, with its code, and what to do', () => {
  const told = (code: string): (string | undefined)[] => {
    const error = Object.assign(new Error(`${code}: whatever`), { code, syscall: 'open' });
    return [reasonOf(error).replace(/ for \S+$/, ' for taro'), remedyOf(error)];
  };
  expect(told('ENOSPC')).toEqual([
    'ENOSPC, the disk is full',
    'make room on the disk (df -h, df -i), then type this again',
  ]);
  expect(told('EDQUOT')[0]).toBe('EDQUOT, your quota on the disk is used up');
  expect(told('EROFS')[0]).toBe('EROFS, the file system is read-only');
  expect(told('EACCES')).toEqual([
    'EACCES, permission denied for taro',
    'look at its owner and mode: ls -ld',
  ]);
  expect(told('EISDIR')).toEqual(['EISDIR, it is a folder', undefined]);
  expect(told('EXYZ')).toEqual(['EXYZ: whatever', undefined]);
  // The words of a full disk are those of no other reason.
  const others = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EIO', 'EMFILE', 'ESTALE', 'ENAMETOOLONG', 'EDQUOT'];
  for (const code of others) expect(told(code)[0]).not.toContain('full');
  expect(told('ENOSPC').join()).not.toMatch(/write to|permission|owner/);
});
