import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CancelledError, UnreachableError } from '../../lib/errors.ts';
import { openEngine, type Engine } from '../../lib/stack/compose/engine/engine.ts';
import { runIn, startIn } from '../../lib/stack/compose/engine/exec.ts';
import { LIMITS } from '../../lib/system/limits.ts';
import { cutAll } from '../../lib/system/cancelling.ts';
import { FaultyWay } from '../helpers/faulty-way.ts';
import { PlayedEngine } from '../helpers/played-engine.ts';
import { temporaryFolder } from './support.ts';

const usual = structuredClone(LIMITS);
let played: PlayedEngine;
let way: FaultyWay;
let engine: Engine;

beforeEach(async () => {
  const folder = temporaryFolder();
  Object.assign(LIMITS.silence, { seconds: 0.1 });
  Object.assign(LIMITS.ping, { seconds: 0.5 });
  played = new PlayedEngine(join(folder, 'engine'));
  await played.start();
  way = new FaultyWay(join(folder, 'engine'));
  await way.listen(join(folder, 'way'));
  const docker = () => ({ file: 'sh', args: ['-c', 'echo Cannot connect to the Docker daemon >&2; exit 1'] });
  engine = openEngine(docker, join(folder, 'way'));
});
afterEach(() => {
  way.close();
  played.stop();
  for (const [name, limit] of Object.entries(usual)) Object.assign(LIMITS[name as 'ping'], limit);
});

const sh = (script: string, how: Parameters<typeof runIn>[3] = {}): ReturnType<typeof runIn> =>
  runIn(engine, 'here', ['sh', '-c', script], how);

/** To make a command, to start it, to ask for its status. */
describe.each([1, 2, 3])('at request %i', (at) => {
  test('an engine that says nothing any more is one that does not answer', async () => {
    const reached = way.order({ fault: 'frozen', at });
    await expect(sh('echo done')).rejects.toThrow(
      'the container engine does not answer: the connection to it carries nothing any more, and neither does a new one',
    );
    await reached;
  });

  test('a way that is cut', async () => {
    void way.order({ fault: 'cut', at });
    await expect(sh('echo done')).rejects.toThrow(UnreachableError);
  });

  test('slow is not gone', async () => {
    void way.order({ fault: 'slow', at });
    expect(await sh('echo done')).toMatchObject({ status: 0, stdout: 'done\n' });
  });
});

test.each([1, 2])('request %i stuck, while the engine is there', async (at) => {
  Object.assign(LIMITS.question, { seconds: 1 });
  void way.order({ fault: 'stuck', at });
  await expect(sh('echo done')).rejects.toThrow(
    'waited 1 s for the container engine to answer, which is there',
  );
});

test('a kept connection that is stuck is replaced by a new one', async () => {
  void way.order({ fault: 'stuck', at: 3 });
  expect(await sh('echo done')).toMatchObject({ status: 0, stdout: 'done\n' });
});

test('a command that is silent for long goes on as long as the engine is there', async () => {
  expect(await sh('sleep 1; echo done')).toMatchObject({ status: 0, stdout: 'done\n' });
});

test('one whose engine freezes meanwhile does not', async () => {
  const running = sh('echo begun; sleep 30', { onLine: () => void way.order({ fault: 'frozen', at: 0 }) });
  await expect(running).rejects.toThrow('the container engine does not answer');
});

test('a command that ended behind a connection that is stuck', async () => {
  const folder = temporaryFolder();
  const child = startIn(engine, 'here', [
    'sh',
    '-c',
    `echo begun; until [ -e ${folder}/go ]; do sleep 0.05; done; echo lost`,
  ]);
  await once(child.stdout, 'data');
  way.stick();
  writeFileSync(join(folder, 'go'), '');
  expect(await child.ended).toBe(1);
});

test('output that nobody takes is not silence', async () => {
  const output = new PassThrough({ highWaterMark: 10 });
  const running = sh('head -c 1000000 /dev/zero', { output });
  await expect.poll(() => output.writableNeedDrain).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 500));
  output.resume();
  expect(await running).toMatchObject({ status: 0 });
});

test('whoever is cancelled does not wait for an engine that is frozen', async () => {
  void way.order({ fault: 'frozen', at: 2 });
  Object.assign(LIMITS.silence, { seconds: 100 });
  const running = sh('echo done');
  running.catch(() => {});
  await expect.poll(() => way.frozen).toBe(true);
  cutAll(new CancelledError('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
});
