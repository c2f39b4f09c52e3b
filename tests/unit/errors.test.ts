import { describe, expect, test } from 'vitest';
import {
  CancelledError,
  ConfigurationError,
  FailedError,
  IncomparableError,
  MakesafeError,
  RefusedError,
  UnreachableError,
  UsageError,
  asKnown,
  messageOf,
} from '../../lib/errors.ts';

// Teams write these numbers into their CI.
test.each<[error: MakesafeError, name: string, status: number]>([
  [new FailedError('x'), 'FailedError', 1],
  [new FailedError('x', { status: 3 }), 'FailedError', 3],
  [new IncomparableError('x'), 'IncomparableError', 3],
  [new UsageError('x'), 'UsageError', 64],
  [new UnreachableError('x'), 'UnreachableError', 69],
  [new RefusedError('x'), 'RefusedError', 77],
  [new ConfigurationError('x'), 'ConfigurationError', 78],
  [new CancelledError('x'), 'CancelledError', 130],
  [new CancelledError('x', 'SIGTERM'), 'CancelledError', 143],
])('%s', (error, name, status) => {
  expect(error).toMatchObject({ name, status, message: 'x', hint: undefined });
});

test('a session that the server ended is a server that cannot be reached; nothing else becomes another error', () => {
  const ended = Object.assign(new Error('terminating connection due to administrator command'), {
    code: '57P01',
  });
  expect(asKnown(ended)).toMatchObject({
    name: 'UnreachableError',
    message: 'the database server ended the session: terminating connection due to administrator command',
    cause: ended,
  });
  const lost = [
    Object.assign(new Error('read'), { code: 'ECONNRESET' }),
    new Error('Connection terminated unexpectedly'),
    new Error('Client has encountered a connection error and is not queryable'),
  ];
  for (const one of lost) expect(asKnown(one)).toBeInstanceOf(UnreachableError);
  expect(asKnown(Object.assign(new Error('cannot execute'), { code: '25006' }))).toMatchObject({
    status: 69,
    message: 'the server takes no changes: it is a standby by now, or default_transaction_read_only is on',
  });
  const cause = Object.assign(new Error('cannot execute'), { code: '25006' });
  expect(asKnown(new FailedError('line 3: cannot execute', { cause }))).toMatchObject({
    status: 69,
    message: 'line 3: cannot execute',
    hint: 'see what happened to the server, then type this again',
  });
  const others = [
    new FailedError('x'),
    new Error('x'),
    Object.assign(new Error('x'), { code: '42P01' }),
    // The pipe of a program that has ended.
    Object.assign(new Error('x'), { code: 'EPIPE' }),
    'x',
    undefined,
  ];
  for (const other of others) expect(asKnown(other)).toBe(other);
});

test('hint and cause are kept', () => {
  const cause = new Error('below');
  expect(new UsageError('x', { hint: 'type y', cause })).toMatchObject({ hint: 'type y', cause });
});

describe('messageOf', () => {
  test.each([
    [new Error('one'), 'one'],
    // As pg reports it.
    [Object.assign(new Error('in use'), { detail: '2 sessions' }), 'in use (2 sessions)'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [
      new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]),
      '::1 refused; 127.0.0.1 refused',
    ],
  ])('%s', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
