import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CancelledError } from '../../lib/errors.ts';
import { countdown } from '../../lib/guard/person/countdown.ts';
import { recordingTerminal } from './support.ts';

// The promises' timers are not among those that can be faked, so they are built on one that is.
vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number, _value: undefined, { signal }: { signal: AbortSignal }) =>
    new Promise<void>((resolve, reject) => {
      const stop = (): void => reject(new DOMException('aborted', 'AbortError'));
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop);
      setTimeout(resolve, milliseconds);
    }),
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Starts a countdown; `state.ended` tells whether it is over. */
function start(seconds: number, isTTY = false) {
  const { terminal, written } = recordingTerminal({ NO_COLOR: '1' }, isTTY);
  const controller = new AbortController();
  const state = { ended: false };
  const counting = countdown(seconds, terminal, controller.signal).then(
    () => void (state.ended = true),
    (error: unknown) => error,
  );
  return { written, controller, state, counting };
}

test('a line a second, and not a moment too early', async () => {
  const { written, state } = start(3);
  await vi.advanceTimersByTimeAsync(999);
  expect(written.err).toBe('[info] Ctrl-C cancels. Starting in 3 …\n');
  await vi.advanceTimersByTimeAsync(2000);
  expect(state.ended).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(state.ended).toBe(true);
  expect(written.err).toBe(
    [3, 2, 1].map((left) => `[info] Ctrl-C cancels. Starting in ${left} …\n`).join(''),
  );
  expect(written.out).toBe('');
});

test('on a terminal one line, which is gone at the end', async () => {
  const { written, counting } = start(2, true);
  await vi.advanceTimersByTimeAsync(2000);
  await counting;
  const line = (left: number): string => `\r\x1b[KCtrl-C cancels. Starting in ${left} …`;
  // What a program prints next must not stand behind it.
  expect(written.err).toBe(`${line(2)}${line(1)}\r\x1b[K`);
});

test('no seconds, no wait', async () => {
  const { written, counting, state } = start(0);
  await counting;
  expect(state.ended).toBe(true);
  expect(written.err).toBe('');
});

test.each([
  ['at once', 0],
  ['in the middle', 2500],
  ['in the last moment', 4999],
])('cancelled %s', async (_when, milliseconds) => {
  const { controller, counting, state } = start(5);
  await vi.advanceTimersByTimeAsync(milliseconds);
  const reason = new CancelledError('cancelled');
  controller.abort(reason);
  expect(await counting).toMatchObject({ status: 130, message: 'cancelled; nothing was touched' });
  expect(state.ended).toBe(false);
});

test('cancelled before it began', async () => {
  const { terminal } = recordingTerminal();
  const reason = new CancelledError('cancelled', 'SIGTERM');
  await expect(countdown(5, terminal, AbortSignal.abort(reason))).rejects.toMatchObject({
    status: 143,
    message: 'cancelled; nothing was touched',
  });
});
