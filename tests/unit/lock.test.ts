import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isAlive, startOf } from '../../lib/system/process-id.ts';
import { holderOf, releaseLock, takeLock, type Holder } from '../../lib/system/lock.ts';
import { HUGE, NOT_FILES } from './broken-files.ts';
import { temporaryFolder, thrownBy } from './support.ts';

const lockFile = (): string => join(temporaryFolder(), 'journal/.vm_stg.lock');
const own = (): Holder => ({
  ...{ pid: process.pid, started: startOf(process.pid), host: hostname(), about: 'db-reset-db-env by taro' },
});
/** A lock file that somebody left behind. */
function left(holder: Partial<Holder> | string): string {
  const content = typeof holder === 'string' ? holder : JSON.stringify({ ...own(), ...holder });
  return join(temporaryFolder({ '.lock': content }), '.lock');
}
/** The id of a process that is no more. */
async function ended(): Promise<number> {
  const child = spawn('true');
  await once(child, 'close');
  return child.pid!;
}

test('taken, held against others, and released without a trace', () => {
  const file = lockFile();
  expect(takeLock(file, 'first')).toBeUndefined();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...own(), about: 'first' });
  expect(takeLock(file, 'second')).toEqual({ ...own(), about: 'first' });
  expect(holderOf(file)).toEqual({ ...own(), about: 'first' });
  releaseLock(file);
  expect(readdirSync(dirname(file))).toEqual([]);
  expect(holderOf(file)).toBeUndefined();
  releaseLock(file);
});

describe('counts', () => {
  test.each<[why: string, holder: Partial<Holder>]>([
    ['of a process that lives', {}],
    ['of another machine, whatever lives here', { host: 'elsewhere', pid: 2 ** 22 + 1 }],
    ['where nobody knows when it began', { started: undefined }],
  ])('%s', (_why, changes) => {
    const file = left(changes);
    expect(takeLock(file, 'second')).toMatchObject({ about: own().about });
    expect(readdirSync(dirname(file))).toEqual(['.lock']);
  });
});

describe('cannot be read: it may be held, and is neither taken nor removed', () => {
  test.each([...NOT_FILES, HUGE])('$what', async ({ make, said }) => {
    const file = join(temporaryFolder(), '.lock');
    await make(file);
    const before = readdirSync(dirname(file));
    for (const work of [takeLock, holderOf]) expect(thrownBy(() => work(file)).message).toMatch(said);
    expect(readdirSync(dirname(file))).toEqual(before);
  });
});

test('what another has taken meanwhile is not released', () => {
  const file = lockFile();
  takeLock(file);
  const other = JSON.stringify({ ...own(), pid: process.ppid, started: startOf(process.ppid) });
  writeFileSync(file, other);
  releaseLock(file);
  expect(readFileSync(file, 'utf8')).toBe(other);
});

test('a link where we write first leads to nothing that is written', () => {
  const folder = temporaryFolder({ precious: 'precious' });
  symlinkSync('precious', join(folder, `.lock.${process.pid}`));
  expect(takeLock(join(folder, '.lock'))).toBeUndefined();
  expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
  releaseLock(join(folder, '.lock'));
});

describe('is stale, and taken', () => {
  test.each<[why: string, holder: () => Promise<Partial<Holder> | string>]>([
    ['of a process that is no more', async () => ({ pid: await ended() })],
    ['of a process whose number another one has by now', () => Promise.resolve({ started: '1' })],
    ['of process 1 at another time', () => Promise.resolve({ pid: 1, started: '999999999' })],
    ['cut by a crash', () => Promise.resolve('{"pid":')],
    ['empty', () => Promise.resolve('')],
    ['null', () => Promise.resolve('null')],
    ['NULs, as a power cut leaves them', () => Promise.resolve('\0'.repeat(99))],
    ['of no holder', () => Promise.resolve('{"pid":"1","host":1}')],
  ])('%s', async (_why, holder) => {
    const file = left(await holder());
    expect(holderOf(file)).toBeUndefined();
    // Looking takes nothing.
    expect(existsSync(file)).toBe(true);
    expect(takeLock(file, 'second')).toBeUndefined();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid, about: 'second' });
    expect(readdirSync(dirname(file))).toEqual(['.lock']);
  });
});

test('what killed processes wrote beside it is removed by the next that takes it, and nothing else is', async () => {
  const dead = await ended();
  const of = (holder: Partial<Holder>): string => JSON.stringify({ ...own(), ...holder });
  const files = {
    [`.lock.${dead}`]: of({ pid: dead }),
    [`.lock.${dead + 1}`]: of({ started: '1' }),
    '.lock.4194305': '',
    [`.lock.left-by-${dead}-5`]: of({ pid: dead }),
    [`.lock.left-by-${dead}-5.4194305`]: '{"pid":',
    '.lock.left-by-nobody-': '',
    // Of somebody who lives, of somebody about to write, of another machine, of another lock, and no lock at all.
    [`.lock.${process.ppid}`]: of({ pid: process.ppid, started: startOf(process.ppid) }),
    [`.lock.${process.ppid}`.replace('.lock.', '.lock.left-by-nobody-.')]: '',
    [`.lock.${dead + 2}`]: of({ pid: dead, host: 'elsewhere' }),
    [`.locks.${dead}`]: of({ pid: dead }),
    '.env': '',
  };
  const folder = temporaryFolder(files);
  expect(takeLock(join(folder, '.lock'))).toBeUndefined();
  const kept = Object.keys(files).slice(-5);
  expect(readdirSync(folder).sort()).toEqual(['.lock', ...kept].sort());
  releaseLock(join(folder, '.lock'));
});

test('of many at once that find a stale lock, one gets it', async () => {
  const rounds = 100;
  const folder = temporaryFolder();
  const lockOf = (round: number): string => join(folder, `${round}.lock`);
  const program = `
    const { existsSync } = require('node:fs');
    const { takeLock } = require(${JSON.stringify(join(import.meta.dirname, '../../lib/system/lock.ts'))});
    const nap = new Int32Array(new SharedArrayBuffer(4));
    console.log('ready');
    for (let round = 0; round < ${rounds}; round++) {
      while (!existsSync(${JSON.stringify(folder)} + '/go' + round)) Atomics.wait(nap, 0, 0, 1);
      console.log(takeLock(${JSON.stringify(folder)} + '/' + round + '.lock', 'x') ? 'held' : 'taken');
    }
    process.stdin.resume();
  `;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const children = Array.from({ length: 6 }, () => {
    const args = ['--import', tsx, '--eval', program];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    // One that waits in vain would wait for ever.
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const line = async (count: number): Promise<string> => {
      while (said.split('\n').length <= count) await once(child.stdout, 'data');
      return said.split('\n')[count - 1]!;
    };
    return { child, line };
  });
  await Promise.all(children.map(({ line }) => line(1)));
  const left = JSON.stringify({ pid: await ended(), host: hostname(), about: '' });
  for (let round = 0; round < rounds; round++) {
    writeFileSync(lockOf(round), left);
    writeFileSync(join(folder, `go${round}`), '');
    // None ends before all have answered: a holder that has ended would rightly be stale.
    const answers = await Promise.all(children.map(({ line }) => line(2 + round)));
    expect(answers.sort()).toEqual([...Array<string>(5).fill('held'), 'taken']);
  }
  for (const { child } of children) child.stdin.end();
  await Promise.all(children.map(({ child }) => once(child, 'close')));
  expect(readdirSync(folder).filter((name) => !/^(go\d+|\d+\.lock)$/.test(name))).toEqual([]);
});

test('alive is what runs; its start names it for good', async () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(await ended())).toBe(false);
  expect(startOf(process.pid)).toMatch(/^\d+$/);
  expect(startOf(process.pid)).toBe(startOf(process.pid));
  expect(startOf(await ended())).toBeUndefined();
});
