import type { Terminal } from './terminal.ts';

/** Milliseconds: who waits longer wants to know for what. */
const SAID_AFTER = 2_000;
/** Between two looks at the reason; on a terminal the seconds are counted. */
const LOOK = 1_000;
/** Between two lines elsewhere than on a terminal. */
const LINE = 30_000;

/**
 * What is waited for, and why: `a lock that psql of taro holds (process 4711 of the server)`. Undefined while nothing is
 * in the way and the work just takes its time.
 */
export type Reason = string | (() => string | undefined | Promise<string | undefined>);

/** What work of several attempts waits for, and says so itself: an attempt at the same says nothing. */
const waitedFor = new Set<Reason>();

/**
 * Waits for a promise, and says from two seconds on what for: on a terminal as progress, which is cleared; elsewhere as
 * one line, again when the reason changes, and every half minute.
 *
 * @param reason a function is asked anew each second; one that fails or does not answer changes nothing
 * @param work a function is work that waits for the same more than once: its attempts are one wait
 */
export async function whileWaiting<T>(
  terminal: Terminal,
  reason: Reason,
  work: Promise<T> | (() => Promise<T>),
): Promise<T> {
  if (work instanceof Promise) return waitedFor.has(reason) ? work : whileSaying(terminal, reason, work);
  if (waitedFor.has(reason)) return work();
  waitedFor.add(reason);
  return whileSaying(terminal, reason, work()).finally(() => waitedFor.delete(reason));
}

async function whileSaying<T>(terminal: Terminal, reason: Reason, promise: Promise<T>): Promise<T> {
  const started = performance.now();
  let asking = false;
  let settled = false;
  let said: { text: string; at: number } | undefined;

  const look = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const text = await (typeof reason === 'string' ? reason : ask(reason));
    asking = false;
    const now = performance.now();
    if (settled) return;
    if (text === undefined) {
      if (said) terminal.clear();
      said = undefined;
      return;
    }
    if (!terminal.interactive && said?.text === text && now - said.at < LINE) return;
    said = { text, at: now };
    terminal.progress(`waiting for ${text} … ${Math.round((now - started) / 1000)} s`);
  };

  let ticking: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    void look();
    ticking = setInterval(() => void look(), LOOK).unref();
  }, SAID_AFTER).unref();
  try {
    return await promise;
  } finally {
    settled = true;
    clearTimeout(timer);
    clearInterval(ticking);
    if (said) terminal.clear();
  }
}

let ours: Terminal | undefined;
/** Where this program says what it waits for. */
export const sayOn = (terminal: Terminal): void => void (ours = terminal);

/** `whileWaiting` on this program's own terminal, for code that has none in its hands. */
export const whileWaitingFor = <T>(reason: Reason, promise: Promise<T>): Promise<T> =>
  ours ? whileWaiting(ours, reason, promise) : promise;

async function ask(reason: Exclude<Reason, string>): Promise<string | undefined> {
  try {
    return await reason();
  } catch {
    return undefined;
  }
}
