import { setImmediate } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Stack } from '../stack/stack.ts';

/** Answers a question with a client of the environment's database. */
export type AskDatabase = <T>(question: (client: Client) => Promise<T>) => Promise<T>;

interface Waiting {
  /** Never throws: errors go to the caller of the question. */
  readonly answer: (client: Client) => Promise<void>;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers all questions over one connection, one after the other. To open a connection takes far longer than an answer,
 * and several at once slow each other down. The first question opens the connection; it closes when no question is
 * left.
 */
export function overOneConnection(stack: Pick<Stack, 'database' | 'withClient'>): AskDatabase {
  const waiting: Waiting[] = [];
  let isOpen = false;

  async function answerAll(client: Client): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await next.answer(client);
      // The caller may ask its next question right after an answer.
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
        // These questions came while the connection was closing.
        if (waiting.length > 0) open();
      });
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ answer: (client) => question(client).then(resolve, reject), reject });
      if (!isOpen) open();
    });
}
