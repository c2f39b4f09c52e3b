import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { putUpWall } from '../lib/stack/postgres/wall.ts';
import { startServer } from '../tests/helpers/database-server.ts';
import { median } from './median.ts';

/**
 * What a wall costs an application of small transactions: each inserts one row into a table of 100,000, changes one and
 * deletes one, and its commit does not wait for the disk. Measured is the processor's time of the server's processes, which
 * does not depend on what else the machine does. A walled database and a plain one of the same server take turns, a moment
 * each; a second plain one says what the measurement itself can tell apart. For Linux.
 *
 *     npx tsx bench/wall.ts [--pairs 100] [--milliseconds 300] [--clients 4]
 */
const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '100' },
    milliseconds: { type: 'string', default: '300' },
    clients: { type: 'string', default: '4' },
  },
});
const [pairs, milliseconds, clients] = [values.pairs, values.milliseconds, values.clients].map(Number) as [
  number,
  number,
  number,
];

const ACCOUNTS = `
  CREATE TABLE accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, balance int NOT NULL DEFAULT 0, note text);
  INSERT INTO accounts (note) SELECT 'of ' || g FROM generate_series(1, 100000) AS g;
  ANALYZE accounts;`;

/** The row that was just inserted is deleted: the table stays as large. */
async function transact(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  const insert = { name: 'insert', text: "INSERT INTO accounts (note) VALUES ('new') RETURNING id" };
  const { rows } = await client.query<{ id: string }>(insert);
  const some = 1 + Math.floor(Math.random() * 100_000);
  const update = 'UPDATE accounts SET balance = balance + 1 WHERE id = $1';
  await client.query({ name: 'update', text: update, values: [some] });
  await client.query({ name: 'delete', text: 'DELETE FROM accounts WHERE id = $1', values: [rows[0]!.id] });
  await client.query('COMMIT');
}

interface Session {
  readonly client: pg.Client;
  /** The process that serves it. */
  readonly pid: number;
}

/** Microseconds that processes have been on a processor. @see https://docs.kernel.org/scheduler/sched-stats.html */
const used = (those: readonly Session[]): number =>
  those.reduce(
    (all, { pid }) => all + Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000,
    0,
  );

/** @returns microseconds of the server for one transaction */
async function load(those: readonly Session[]): Promise<number> {
  const [began, before] = [performance.now(), used(those)];
  let count = 0;
  await Promise.all(
    those.map(async ({ client }) => {
      for (; performance.now() - began < milliseconds; count++) await transact(client);
    }),
  );
  return (used(those) - before) / count;
}

async function main(): Promise<void> {
  const { server, stop } = await startServer('synchronous_commit=off');
  const open: pg.Client[] = [];
  const sessionsOf = (database: string): Promise<Session[]> =>
    Promise.all(
      Array.from({ length: clients }, async () => {
        const client = new pg.Client({ connectionString: server.url(database) });
        await client.connect();
        open.push(client);
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        return { client, pid: rows[0]!.pid };
      }),
    );
  try {
    for (const name of ['walled', 'plain', 'other']) await server.create(name, ACCOUNTS);
    await server.withClient('walled', (client) => putUpWall(client, []));
    const [walled, plain, other] = await Promise.all(['walled', 'plain', 'other'].map(sessionsOf));
    const taken: Record<'walled' | 'plain' | 'other', number[]> = { walled: [], plain: [], other: [] };
    const turns = [
      ['walled', walled!],
      ['plain', plain!],
      ['other', other!],
    ] as const;
    // The first round warms caches up and does not count.
    for (let round = 0; round <= pairs; round++)
      for (let turn = 0; turn < 3; turn++) {
        const [name, those] = turns[(round + turn) % 3]!;
        const one = await load(those);
        if (round > 0) taken[name].push(one);
      }
    const ratio = (name: 'walled' | 'other'): string => {
      const percent = (median(taken[name].map((one, index) => one / taken.plain[index]!)) - 1) * 100;
      return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`;
    };
    const of = (name: keyof typeof taken): string => `${median(taken[name]).toFixed(0)} µs`;
    console.log(
      `processor's time of the server for one transaction, ${clients} clients, medians of ${pairs} turns: without a wall ${of('plain')}, with one ${of('walled')} ` +
        `(${ratio('walled')}); a second database without one ${of('other')} (${ratio('other')})`,
    );
  } finally {
    await Promise.all(open.map((client) => client.end()));
    await stop();
  }
}

await main();
