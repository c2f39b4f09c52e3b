import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../lib/stack/compose/engine/engine.ts';
import { runIn, startIn } from '../../lib/stack/compose/engine/exec.ts';
import { PlayedEngine } from '../helpers/played-engine.ts';
import { temporaryFolder } from './support.ts';

let played: PlayedEngine;
let engine: Engine;

beforeEach(async () => {
  played = new PlayedEngine(join(temporaryFolder(), 'socket'));
  engine = await played.start();
});
afterEach(() => played.stop());

const sh = (script: string, how: Parameters<typeof runIn>[3] = {}): ReturnType<typeof runIn> =>
  runIn(engine, 'here', ['sh', '-c', script], how);

test('status and both outputs', async () => {
  expect(await sh('echo out; echo err >&2; exit 3')).toEqual({ status: 3, stdout: 'out\n', stderr: 'err\n' });
});

test.each([1, 3, 8, 11])('in pieces of %i bytes, which are cut within letters as well', async (size) => {
  played.pieces = size;
  expect(await sh('printf データベース; printf 移行 >&2')).toEqual({
    ...{ status: 0, stdout: 'データベース', stderr: '移行' },
  });
});

test('variables and folder are those that it is given, and it has no input', async () => {
  const folder = temporaryFolder();
  const { stdout } = await sh('cat; echo "$PGTZ|$PGOPTIONS"; pwd', {
    env: { PGTZ: 'UTC', PGOPTIONS: '-c a=b' },
    folder,
  });
  expect(stdout).toBe(`UTC|-c a=b\n${folder}\n`);
  expect(played.commands[0]!.AttachStdin).toBe(false);
});

test.each<[string, string | Readable]>([
  ['a text', 'one\ntwo\n'],
  ['a stream', Readable.from(['one\n', 'two\n'])],
  ['nothing', ''],
])('input: %s', async (_what, input) => {
  expect((await sh('cat; echo end', { input })).stdout).toBe(input === '' ? 'end\n' : 'one\ntwo\nend\n');
});

test('a command that ends before it has read its input', async () => {
  const input = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000)));
  expect(await sh('echo no >&2; exit 4', { input })).toEqual({ status: 4, stdout: '', stderr: 'no\n' });
});

test('an input that ends when the connection has, and the status is not known yet', async () => {
  const child = startIn(engine, 'here', ['sh', '-c', 'echo begun; sleep 0.2; exit 4'], { input: true });
  await once(child.stdout, 'data');
  played.connections[0]!.destroy();
  await sleep(50);
  child.stdin.end();
  expect(await child.ended).toBe(4);
});

test('an input that cannot be read ends the command, and is the reason', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('one\n');
    await sleep(10);
    throw new Error('EIO');
  }
  const input = Readable.from(broken(), { objectMode: false });
  await expect(sh('cat', { input })).rejects.toThrow('EIO');
}, 5_000);

test('lines as they come', async () => {
  const lines: string[] = [];
  await sh('echo one; sleep 0.05; echo two >&2; sleep 0.05; printf three', {
    onLine: (line, from) => lines.push(`${from} ${line}`),
  });
  expect(lines).toEqual(['stdout one', 'stderr two', 'stdout three']);
});

test('output goes where it is sent, no faster than that takes it', async () => {
  const output = new PassThrough({ highWaterMark: 1000 });
  const ended = sh('head -c 5000000 /dev/zero', { output });
  await sleep(300);
  // What is under way in both processes, and no more.
  expect(output.writableLength + output.readableLength).toBeLessThan(500_000);
  const received = text(output);
  expect(await ended).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(await received).toHaveLength(5_000_000);
});

test('a place that takes no more output is the reason', async () => {
  const output = new PassThrough();
  setTimeout(() => output.destroy(new Error('the disk is full')), 100);
  await expect(sh('yes', { output })).rejects.toThrow('the disk is full');
  await expect.poll(() => played.connections[0]!.destroyed).toBe(true);
});

describe('what goes wrong', () => {
  test('a container that is not there, in the words of the engine', async () => {
    expect(await runIn(engine, 'gone', ['true'])).toEqual({
      ...{ status: 1, stdout: '', stderr: 'No such container: gone' },
    });
  });

  test('a connection that is lost, while the command goes on', async () => {
    const ended = sh('echo begun; sleep 30');
    await expect.poll(() => played.connections.length).toBe(1);
    played.connections[0]!.destroy();
    expect(await ended).toMatchObject({ status: 1, stderr: 'the connection to the container was lost' });
  });

  test('an engine that is gone', async () => {
    played.stop();
    await expect(sh('true')).rejects.toThrow('the container engine does not answer');
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s', async (signal, status) => {
    const listening = process.listenerCount(signal);
    const ended = sh('sleep 30');
    await expect.poll(() => played.connections.length).toBe(1);
    process.emit(signal, signal);
    expect((await ended).status).toBe(status);
    expect(process.listenerCount(signal)).toBe(listening);
  });

  test('it is let go of before it has begun', async () => {
    const child = startIn(engine, 'here', ['sleep', '30']);
    child.kill();
    expect(await child.ended).toBe(137);
  });
});

test('what is written in one go arrives in one piece', async () => {
  const words = [
    'node',
    '-e',
    'process.stdin.on("data", (data) => console.log(data.length)); console.log("ready")',
  ];
  const child = startIn(engine, 'here', words, { input: true });
  const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: 'ready\n' });
  for (let count = 0; count < 5; count++) child.stdin.write('four');
  expect(await lines.next()).toMatchObject({ value: '20\n' });
  child.stdin.end('four');
  expect(await lines.next()).toMatchObject({ value: '4\n' });
  expect(await child.ended).toBe(0);
});
