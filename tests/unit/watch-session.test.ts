import { createServer, type Server, type Socket } from 'node:net';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FailedError, UnreachableError } from '../../lib/errors.ts';
import { LIMITS } from '../../lib/system/limits.ts';
import { isForgotten, watchSession, type AskElsewhere } from '../../lib/stack/postgres/watch-session.ts';

test.each<[what: string, activity: Parameters<typeof isForgotten>[0], sending: boolean, forgotten: boolean]>([
  ['it works', { state: 'active', event: null }, false, false],
  ['it waits for a lock', { state: 'active', event: 'relation' }, false, false],
  ['it has answered', { state: 'idle', event: 'ClientRead' }, false, true],
  [
    'it has answered within a transaction',
    { state: 'idle in transaction', event: 'ClientRead' },
    false,
    true,
  ],
  ['it is not there', undefined, false, true],
  ['it wants to send what we would read', { state: 'active', event: 'ClientWrite' }, false, true],
  ['it reads what we have not made yet', { state: 'active', event: 'ClientRead' }, false, false],
  ['it waits for what waits here', { state: 'active', event: 'ClientRead' }, true, true],
  ['another role’s', { state: null, event: null }, false, false],
  ['not tracked', { state: 'disabled', event: null }, false, false],
])('%s', (_what, activity, sending, forgotten) => {
  expect(isForgotten(activity, sending)).toBe(forgotten);
});

describe('a session that is silent', () => {
  const usual = LIMITS.sessionSilence.seconds;
  let server: Server;
  let connection: Socket;
  beforeEach(async () => {
    LIMITS.sessionSilence.seconds = 0.1;
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    connection = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(connection, 'connect');
  });
  afterEach(() => {
    LIMITS.sessionSilence.seconds = usual;
    connection.destroy();
    server.close();
  });

  /** How it ends when it is asked elsewhere so many times. */
  async function watched(
    elsewhere: (asked: number) => object[] | Error,
    times = 3,
    readyForQuery = false,
  ): Promise<unknown> {
    let asked = 0;
    let enough!: () => void;
    const goesOn = new Promise((resolve) => (enough = () => resolve('goes on')));
    const ended = once(connection, 'close').then(
      () => 'closed',
      (error: unknown) => error,
    );
    const ask: AskElsewhere = (question) => {
      const answer = elsewhere(++asked);
      if (asked >= times) enough();
      if (answer instanceof Error) return Promise.reject(answer);
      return question({ query: () => Promise.resolve({ rows: answer }) } as unknown as Client);
    };
    watchSession({ processID: 7, readyForQuery } as unknown as Client, connection, ask);
    return Promise.race([ended, goesOn]);
  }

  test('is waited for while the server works for it', async () => {
    expect(await watched(() => [{ state: 'active', event: null }])).toBe('goes on');
  });

  test('is waited for while the server is there and refuses another one', async () => {
    expect(await watched(() => new FailedError('too many clients'))).toBe('goes on');
  });

  test('is given up when the server has answered long since', async () => {
    expect(await watched(() => [{ state: 'idle', event: 'ClientRead' }])).toMatchObject({
      message: 'the connection to the database is lost: it carries nothing any more, and a new one does',
      status: 69,
    });
  });

  test('is no riddle when the answer was only on its way', async () => {
    expect(await watched((asked) => (asked === 1 ? [{ state: 'idle' }] : [{ state: 'active' }]))).toBe(
      'goes on',
    );
  });

  test('is given up when the server is not there', async () => {
    const gone = new UnreachableError('waited 10 s for a connection to db:5432');
    expect(await watched(() => gone)).toBe(gone);
  });
});
