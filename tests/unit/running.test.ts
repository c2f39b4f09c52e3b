import { beforeEach, expect, test } from 'vitest';
import type { AskEngine } from '../../lib/stack/compose/engine/engine.ts';
import { runningContainers, type RunningContainers } from '../../lib/stack/compose/containers/running.ts';

/** What the engine lists: state and id of each container, by service. */
let listed: [service: string, state: string, id: string][];
let looks: number;
let failure: Error | undefined;
let running: RunningContainers;

const ask: AskEngine = <T>() => {
  looks++;
  if (failure) return Promise.reject(failure);
  const containers = listed.map(([service, State, Id]) => ({
    Id,
    State,
    Labels: { 'com.docker.compose.service': service },
  }));
  return Promise.resolve(containers as T);
};

beforeEach(() => {
  looks = 0;
  failure = undefined;
  listed = [
    ['db', 'running', 'one'],
    ['core_api', 'running', 'app'],
  ];
  running = runningContainers(ask, { project: 'vm_stg', name: 'vm_stg' });
});

test('the engine is asked once, for all services, also by those who ask at the same time', async () => {
  expect(await Promise.all([running.of('db'), running.of('db'), running.look()])).toMatchObject([
    'one',
    'one',
    {},
  ]);
  expect(await running.of('db')).toBe('one');
  expect(await running.of('core_api')).toBe('app');
  expect(looks).toBe(1);
});

test('and anew after something has changed', async () => {
  await running.of('db');
  listed = [['db', 'running', 'two']];
  expect(await running.of('db')).toBe('one');
  running.forget();
  expect(await running.of('db')).toBe('two');
});

test('one that was seen to run is not asked for', async () => {
  running.remember('db', 'seen');
  expect(await running.of('db')).toBe('seen');
  expect(looks).toBe(0);
});

test('of several the newest that runs, which is listed first', async () => {
  listed = [
    ['db', 'exited', 'old'],
    ['db', 'running', 'newest'],
    ['db', 'running', 'older'],
  ];
  expect(await running.of('db')).toBe('newest');
});

test('where none runs, what to type; and it is looked for again', async () => {
  listed = [['db', 'exited', 'one']];
  await expect(running.of('db')).rejects.toMatchObject({
    message: 'service db of vm_stg is not running',
    hint: 'make up ENV=vm_stg',
  });
  listed = [['db', 'running', 'one']];
  expect(await running.of('db')).toBe('one');
});

test('an engine that did not answer is asked again', async () => {
  failure = new Error('no answer');
  await expect(running.of('db')).rejects.toThrow('no answer');
  failure = undefined;
  expect(await running.of('db')).toBe('one');
});
