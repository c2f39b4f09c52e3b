import type { Client } from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connections } from '../../lib/stack/compose/connection/connections.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** In the place of a client: takes down what it is asked. Real ones are in the tests of whole tasks. */
class Played {
  readonly asked: string[] = [];
  readonly end = vi.fn(() => Promise.resolve());
  fails: string | undefined;

  query(statement: string): Promise<void> {
    this.asked.push(statement);
    return statement === this.fails ? Promise.reject(new Error('gone')) : Promise.resolve();
  }
}
const connections = (): Connections => new Connections();
const asClient = (played: Played): Client => played as unknown as Client;
const connects = (...clients: Played[]): (() => Promise<Client>) => {
  return () =>
    clients.length > 0 ? Promise.resolve(asClient(clients.shift()!)) : Promise.reject(new Error('none'));
};
const nothing = (): Promise<void> => Promise.resolve();

test('who comes next gets the same one, as if it were new', async () => {
  const [one, client] = [connections(), new Played()];
  const connect = connects(client);
  await one.use('core', connect, (given) => given.query("SET work_mem TO '1MB'"));
  expect(await one.use('core', connect, (given) => Promise.resolve(given))).toBe(client);
  expect(client.asked).toEqual(["SET work_mem TO '1MB'", 'DISCARD ALL', '', 'DISCARD ALL']);
});

test('who comes at the same time, or asks for another database, gets another one', async () => {
  const one = connections();
  const connect = connects(new Played(), new Played(), new Played());
  const given = (client: Client): Promise<Client> => Promise.resolve(client);
  const [first, second] = await Promise.all([
    one.use('core', connect, given),
    one.use('core', connect, given),
  ]);
  const other = await one.use('postgres', connect, given);
  expect(new Set([first, second, other]).size).toBe(3);
});

test('one that nobody takes is ended after a second', async () => {
  const [one, client] = [connections(), new Played()];
  await one.use('core', connects(client), nothing);
  await vi.advanceTimersByTimeAsync(999);
  expect(client.end).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(client.end).toHaveBeenCalledOnce();
});

test('what work has failed with is not kept, nor one in which something is left', async () => {
  const one = connections();
  const [failed, dirty, third] = [new Played(), new Played(), new Played()];
  const connect = connects(failed, dirty, third);
  await expect(one.use('core', connect, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
  dirty.fails = 'DISCARD ALL';
  await one.use('core', connect, nothing);
  await one.use('core', connect, nothing);
  expect([failed, dirty, third].map(({ end }) => end.mock.calls.length)).toEqual([1, 1, 0]);
});

test('one that the server has ended meanwhile is not handed over', async () => {
  const one = connections();
  const [gone, fresh] = [new Played(), new Played()];
  const connect = connects(gone, fresh);
  await one.use('core', connect, nothing);
  gone.fails = '';
  expect(await one.use('core', connect, (given) => Promise.resolve(given))).toBe(fresh);
});

test('one that is being cleaned is ended behind that, because it would only hang up before', async () => {
  const [one, client] = [connections(), new Played()];
  let cleaned = (): void => {};
  vi.spyOn(client, 'query').mockReturnValue(new Promise<void>((resolve) => (cleaned = resolve)));
  await one.use('id core', connects(client), nothing);
  void one.endAll('id ');
  await vi.advanceTimersByTimeAsync(0);
  expect(client.end).not.toHaveBeenCalled();
  cleaned();
  await vi.advanceTimersByTimeAsync(0);
  expect(client.end).toHaveBeenCalledOnce();
});

test('all of one server are ended at once, also while somebody works with one', async () => {
  const one = connections();
  const [kept, used, other, next] = [new Played(), new Played(), new Played(), new Played()];
  await one.use('id core', connects(kept), nothing);
  await one.use('other core', connects(other), nothing);
  const ends = (): number[] => [kept, used, other].map(({ end }) => end.mock.calls.length);
  await one.use('id postgres', connects(used), async () => {
    void one.endAll('id ');
    await vi.advanceTimersByTimeAsync(0);
    expect(ends()).toEqual([1, 1, 0]);
    used.fails = 'DISCARD ALL';
  });
  // None of them is kept, so none is ended by the clock.
  const now = ends();
  expect(await one.use('id core', connects(next), (given) => Promise.resolve(given))).toBe(next);
  vi.advanceTimersByTime(999);
  expect(ends()).toEqual(now);
});
