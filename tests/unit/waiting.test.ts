import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UnreachableError } from '../../lib/errors.ts';
import { whileWaiting } from '../../lib/output/waiting.ts';
import { within } from '../../lib/system/limit.ts';
import { recordingTerminal } from './support.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = <T>(seconds: number, value: T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value), seconds * 1000));

describe('who waits', () => {
  async function said(isTTY: boolean, seconds: number, reason: Parameters<typeof whileWaiting>[1]) {
    const { terminal, written } = recordingTerminal({}, isTTY);
    const waited = whileWaiting(terminal, reason, after(seconds, 'done'));
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    expect(await waited).toBe('done');
    return written.err;
  }

  test('for less than two seconds hears nothing', async () => {
    expect(await said(false, 1.9, 'the lock')).toBe('');
    expect(await said(true, 1.9, 'the lock')).toBe('');
  });

  test('hears in one line for what', async () => {
    expect(await said(false, 20, 'the lock')).toBe('[info] waiting for the lock … 2 s\n');
  });

  test('hears it once, and counted from the beginning, where several attempts wait for the same', async () => {
    const { terminal, written } = recordingTerminal();
    const attempts = async (): Promise<void> => {
      for (let attempt = 0; attempt < 4; attempt++) await whileWaiting(terminal, 'it', after(10, ''));
    };
    const waited = whileWaiting(terminal, 'it', attempts);
    await vi.advanceTimersByTimeAsync(40_000);
    await waited;
    expect(written.err).toBe('[info] waiting for it … 2 s\n[info] waiting for it … 32 s\n');
  });

  test('hears it again when the reason changes, and every half minute', async () => {
    let holder = 'taro';
    setTimeout(() => (holder = 'jiro'), 4500);
    expect(await said(false, 40, () => Promise.resolve(`the lock of ${holder}`))).toBe(
      '[info] waiting for the lock of taro … 2 s\n' +
        '[info] waiting for the lock of jiro … 5 s\n' +
        '[info] waiting for the lock of jiro … 35 s\n',
    );
  });

  test('sees the seconds on a terminal, which is cleared', async () => {
    expect(await said(true, 3.5, 'the lock')).toBe(
      '\r\x1b[Kwaiting for the lock … 2 s\r\x1b[Kwaiting for the lock … 3 s\r\x1b[K',
    );
  });

  test.each([
    ['fails', () => Promise.reject(new Error('no'))],
    ['does not answer', () => new Promise<string>(() => {})],
  ])('is not kept by a reason that %s', async (_what, reason) => {
    expect(await said(false, 5, reason)).toBe('');
  });

  test('hears what went wrong', async () => {
    const { terminal } = recordingTerminal();
    await expect(whileWaiting(terminal, 'it', Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  });
});

describe('a limit', () => {
  const limit = { what: 'the engine to answer', seconds: 10, hint: 'start it' };

  test('that is not reached is not heard of', async () => {
    const waited = within(limit, after(9, 'done'));
    await vi.advanceTimersByTimeAsync(9_000);
    expect(await waited).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is over is an error with the remedy, and ends what was waited for', async () => {
    const ended: unknown[] = [];
    const waited = within(limit, new Promise(() => {}), { end: (reason) => ended.push(reason) });
    const failure = expect(waited).rejects.toMatchObject({
      message: 'waited 10 s for the engine to answer',
      hint: 'start it',
      status: 69,
    });
    await vi.advanceTimersByTimeAsync(10_000);
    await failure;
    expect(ended).toEqual([expect.any(UnreachableError)]);
  });

  test.each(['before', 'meanwhile'])('a signal %s gives up at once', async (when) => {
    const controller = new AbortController();
    const ended: unknown[] = [];
    if (when === 'before') controller.abort(new Error('cancelled'));
    const waited = within(limit, after(9, 'done'), {
      signal: controller.signal,
      end: () => ended.push('it'),
    });
    controller.abort(new Error('cancelled'));
    await expect(waited).rejects.toThrow('cancelled');
    expect(ended).toEqual(['it']);
  });

  test('what fails late is nobody’s business', async () => {
    const late = after(11, 0).then(() => Promise.reject(new Error('late')));
    const waited = expect(within(limit, late)).rejects.toThrow('waited 10 s');
    await vi.advanceTimersByTimeAsync(12_000);
    await waited;
  });
});
