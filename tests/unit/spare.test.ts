import type { Client } from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Spare } from '../../lib/stack/compose/spare.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** All that is asked of a client here is to end; a real one is in the tests of `up`. */
const clientWith = (end: () => Promise<void>): Client => ({ end }) as unknown as Client;

test('a connection is handed over once, and is then not ours to end', () => {
  const end = vi.fn(() => Promise.resolve());
  const [spare, client] = [new Spare(), clientWith(end)];
  spare.keep(client);
  expect(spare.take()).toBe(client);
  expect(spare.take()).toBeUndefined();
  vi.runAllTimers();
  expect(end).not.toHaveBeenCalled();
});

test('one that nobody takes is ended, so that the task can end', () => {
  const end = vi.fn(() => Promise.resolve());
  const spare = new Spare();
  spare.keep(clientWith(end));
  vi.runAllTimers();
  expect(end).toHaveBeenCalledOnce();
  expect(spare.take()).toBeUndefined();
});
