import { setImmediate } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Stack } from '../stack/stack.ts';

/** Has a question answered by the environment's database. */
export type Ask = <T>(question: (client: Client) => Promise<T>) => Promise<T>;

interface Waiting {
  /** Never throws: whoever asked is told. */
  readonly answer: (client: Client) => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * All questions over one connection, one after the other, however many come at the same time: to open one takes far
 * longer than an answer, and several at once each other's time. It is opened for the first question and ended when no
 * more come.
 */
export function overOneConnection(stack: Pick<Stack, 'database' | 'withClient'>): Ask {
  const waiting: Waiting[] = [];
  let isOpen = false;

  async function answerAll(client: Client): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await next.answer(client);
      // Whoever was answered may have another one.
      if (waiting.length === 0) await setImmediate();
    }
  }

  function open(): void {
    isOpen = true;
    stack
      .withClient(stack.database.name, answerAll)
      .catch((error: unknown) => waiting.splice(0).forEach(({ reject }) => reject(error)))
      .finally(() => {
        isOpen = false;
        // Asked while the connection was being ended.
        if (waiting.length > 0) open();
      });
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ answer: (client) => question(client).then(resolve, reject), reject });
      if (!isOpen) open();
    });
}
