import { PassThrough } from 'node:stream';
import pg from 'pg';
import { expect, test } from 'vitest';
import { clientOver, connectionError } from '../../lib/stack/postgres/client.ts';

const refusal = (code: string, message: string): Error =>
  Object.assign(new pg.DatabaseError(message, 0, 'error'), { code });

// Of a server that is starting or stopping nothing is wrong that a person has to mend.
test.each<[why: string, error: Error, name: string, message: string]>([
  ['starting', refusal('57P03', 'x'), 'UnreachableError', 'the database does not answer: x'],
  ['stopping', refusal('57P01', 'x'), 'UnreachableError', 'the database does not answer: x'],
  ['crashed', refusal('57P02', 'x'), 'UnreachableError', 'the database does not answer: x'],
  ['gone', new Error('x'), 'UnreachableError', 'the database does not answer: x'],
  ['no such database', refusal('3D000', 'x'), 'FailedError', 'the server refuses database core: x'],
  ['wrong password', refusal('28P01', 'x'), 'FailedError', 'the server refuses database core: x'],
])('%s', (_why, error, name, message) => {
  expect(connectionError(error, 'core')).toMatchObject({ name, message, cause: error });
});

test('a wrong password, where there is more to say of it', () => {
  const otherPassword = (): Error => new Error('the old one');
  expect(connectionError(refusal('28P01', 'x'), 'core', { otherPassword }).message).toBe('the old one');
});

test('a database that is closed: first what opens it after a run of ours, whichever task meets it', () => {
  const closed = refusal('55000', 'database "core" is not currently accepting connections');
  const byHand = 'open it, from another database of the server: ALTER DATABASE "core" ALLOW_CONNECTIONS true';
  const make = 'make up ENV=vm_prod';
  expect(connectionError(closed, 'core', { make })).toMatchObject({
    hint: `${make} (opens it where a run that was cut has closed it)\nelse ${byHand}`,
  });
  expect(connectionError(closed, 'core')).toMatchObject({ hint: byHand });
});

test('a connection that was lost before pg has it', async () => {
  const login = { user: 'app', password: 'x', database: 'core' };
  await expect(clientOver(new PassThrough().destroy(), login)).rejects.toThrow('the connection is lost');
});
