import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { runningContainers, type RunningContainers } from '../../lib/stack/compose/running.ts';
import { temporaryFolder } from './support.ts';

let folder: string;
let running: RunningContainers;

/** Which containers run, one on a line, in place of an engine. Each look notes itself. */
const nowRunning = (...ids: string[]): void =>
  writeFileSync(join(folder, 'ids'), ids.map((id) => `${id}\n`).join(''));
const looks = (): number => readFileSync(join(folder, 'looks'), 'utf8').length;

beforeEach(() => {
  folder = temporaryFolder();
  appendFileSync(join(folder, 'looks'), '');
  nowRunning('one');
  const look = `printf x >>'${folder}/looks'; cat '${folder}/ids'`;
  running = runningContainers(() => ({ file: 'sh', args: ['-c', look] }), {
    project: 'vm_stg',
    name: 'vm_stg',
  });
});

test('the engine is asked once, also by those who ask at the same time', async () => {
  expect(await Promise.all([running.of('db'), running.of('db')])).toEqual(['one', 'one']);
  expect(await running.of('db')).toBe('one');
  expect(looks()).toBe(1);
});

test('each service has its own', async () => {
  await running.of('db');
  nowRunning('other');
  expect(await running.of('core_api')).toBe('other');
  expect(await running.of('db')).toBe('one');
});

test('and anew after something has changed', async () => {
  await running.of('db');
  nowRunning('two');
  expect(await running.of('db')).toBe('one');
  running.forget();
  expect(await running.of('db')).toBe('two');
});

test('one that was seen to run is not asked for', async () => {
  running.remember('db', 'seen');
  expect(await running.of('db')).toBe('seen');
  expect(looks()).toBe(0);
});

test('where none runs, what to type; and it is looked for again', async () => {
  nowRunning();
  await expect(running.of('db')).rejects.toMatchObject({
    message: 'service db of vm_stg is not running',
    hint: 'make up ENV=vm_stg',
  });
  nowRunning('one');
  expect(await running.of('db')).toBe('one');
});
