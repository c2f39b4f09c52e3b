import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { overOneConnection } from '../../lib/database/one-connection.ts';
import type { Stack } from '../../lib/stack/stack.ts';

/** A stack that counts its connections; to open and to end one takes a while. */
function counting(openFails = false): { stack: Pick<Stack, 'database' | 'withClient'>; opened: string[] } {
  const opened: string[] = [];
  return {
    opened,
    stack: {
      database: { name: 'core', user: 'app', service: 'db' },
      async withClient(database, work) {
        opened.push(database);
        await sleep(5);
        if (openFails) throw new Error('the database does not answer');
        const result = await work({} as Client);
        await sleep(5);
        return result;
      },
    },
  };
}

describe('questions over one connection', () => {
  test('that are asked at the same time are answered one after the other', async () => {
    const { stack, opened } = counting();
    const ask = overOneConnection(stack);
    const log: string[] = [];
    const question = (name: string) => async (): Promise<string> => {
      log.push(`${name} begins`);
      await sleep(2);
      log.push(`${name} ends`);
      return name;
    };
    const answers = ['a', 'b', 'c'].map((name) => ask(question(name)));
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(opened).toEqual(['core']);
  });

  test('that follow from an answer need no other one', async () => {
    const { stack, opened } = counting();
    const ask = overOneConnection(stack);
    const answer = async (): Promise<number> => {
      const first = await ask(() => Promise.resolve(1));
      const more = await Promise.resolve(first + 1);
      return ask(() => Promise.resolve(more + 1));
    };
    expect(await answer()).toBe(3);
    expect(opened).toHaveLength(1);
  });

  test('that come while it is being ended, or later, get another one', async () => {
    const { stack, opened } = counting();
    const ask = overOneConnection(stack);
    expect(await ask(() => Promise.resolve('first'))).toBe('first');
    await sleep(2);
    expect(await ask(() => Promise.resolve('while it ends'))).toBe('while it ends');
    await sleep(20);
    expect(await ask(() => Promise.resolve('later'))).toBe('later');
    expect(opened).toHaveLength(3);
  });

  test('fail one by one', async () => {
    const ask = overOneConnection(counting().stack);
    const answers = await Promise.allSettled([
      ask(() => Promise.reject(new Error('no such table'))),
      ask(() => Promise.resolve('well')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  test('fail together when nothing answers, and are asked again', async () => {
    const { stack, opened } = counting(true);
    const ask = overOneConnection(stack);
    const answers = await Promise.allSettled(['a', 'b'].map((name) => ask(() => Promise.resolve(name))));
    for (const answer of answers)
      expect(answer).toMatchObject({ reason: { message: 'the database does not answer' } });
    await expect(ask(() => Promise.resolve())).rejects.toThrow('does not answer');
    expect(opened).toHaveLength(2);
  });
});
