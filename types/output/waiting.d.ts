import type { Terminal } from './terminal.ts';
/**
 * What is waited for, and why: `a lock that psql of taro holds (process 4711 of the server)`. Undefined while nothing is
 * in the way and the work just takes its time.
 */
export type Reason = string | (() => string | undefined | Promise<string | undefined>);
/**
 * Waits for a promise, and says from two seconds on what for: on a terminal as progress, which is cleared; elsewhere as
 * one line, again when the reason changes, and every half minute.
 *
 * @param reason a function is asked anew each second; one that fails or does not answer changes nothing
 * @param work a function is work that waits for the same more than once: its attempts are one wait
 */
export declare function whileWaiting<T>(
  terminal: Terminal,
  reason: Reason,
  work: Promise<T> | (() => Promise<T>),
): Promise<T>;
/** Where this program says what it waits for. */
export declare const sayOn: (terminal: Terminal) => void;
/** `whileWaiting` on this program's own terminal, for code that has none in its hands. */
export declare const whileWaitingFor: <T>(reason: Reason, promise: Promise<T>) => Promise<T>;
