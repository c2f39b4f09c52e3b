import type { Terminal } from './terminal.ts';

/** Milliseconds of waiting after which people are told the reason. */
const SAID_AFTER = 2_000;
/** Milliseconds between two checks of the reason. On a terminal, the seconds count up. */
const LOOK = 1_000;
/** Milliseconds between two lines without a terminal. */
const LINE = 30_000;

/**
 * What we wait for, and why: `a lock that psql of taro holds (process 4711 of the server)`. Undefined while the work
 * just takes its time.
 */
export type Reason = string | (() => string | undefined | Promise<string | undefined>);

/** Reasons that an operation of several attempts already reports: a single attempt then says nothing. */
const waitedFor = new Set<Reason>();

/**
 * Waits for a promise. After two seconds it tells people the reason: on a terminal as a progress line, which disappears
 * at the end; elsewhere as a line, when the reason changes and every 30 seconds.
 *
 * @param reason a function is called every second; if it fails or does not answer, nothing changes
 * @param work a function may wait for the same reason several times: all of it counts as one wait
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
/** Sets the terminal of `whileWaitingFor`. */
export const sayOn = (terminal: Terminal): void => void (ours = terminal);

/** `whileWaiting` on the program's own terminal, for code that has no terminal. */
export const whileWaitingFor = <T>(reason: Reason, promise: Promise<T>): Promise<T> =>
  ours ? whileWaiting(ours, reason, promise) : promise;

async function ask(reason: Exclude<Reason, string>): Promise<string | undefined> {
  try {
    return await reason();
  } catch {
    return undefined;
  }
}
