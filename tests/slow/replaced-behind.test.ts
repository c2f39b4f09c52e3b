import { connect } from 'node:net';
import fc from 'fast-check';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { makeActor } from '../../lib/output/actor.ts';
import { identityIn, type Shown } from '../../lib/database/identity.ts';
import { readContents } from '../../lib/database/contents.ts';
import { replaceDatabase } from '../../lib/database/replace/swap.ts';
import { openSession } from '../../lib/stack/postgres/session.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import { useServer } from '../helpers/database-server.ts';

/** A database is replaced by another one behind the second look, between any two statements of ours. */
const server = useServer();

const rename = (from: string, to: string): string => `ALTER DATABASE "${from}" RENAME TO "${to}"`;
/** What somebody else does meanwhile. What cannot be done at that moment is left. */
const MEANWHILE: Readonly<Record<string, readonly string[]>> = {
  'core changes places with another one': [rename('core', 'hidden'), rename('prod', 'core')],
  'core is dropped, and another one gets its name': [
    'DROP DATABASE core WITH (FORCE)',
    rename('prod', 'core'),
  ],
  'the new one changes places with another one': [rename('core__new', 'hidden'), rename('prod', 'core__new')],
  'the old one changes places with another one': [rename('core__old', 'hidden'), rename('prod', 'core__old')],
  'core is marked for another environment': [`COMMENT ON DATABASE core IS 'makesafe.environment=vm_prod'`],
};

async function prepare(): Promise<void> {
  const { rows } = await server.withClient('postgres', (client) =>
    client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE datname ~ '^(core|prod|hidden)'`,
    ),
  );
  for (const { name } of rows) {
    await server.query('postgres', `ALTER DATABASE "${name}" IS_TEMPLATE false`).catch(() => {});
    await server.query('postgres', `DROP DATABASE "${name}" WITH (FORCE)`);
  }
  await server.create('core', 'CREATE TABLE kept AS SELECT 42 AS x');
  await server.create('prod', 'CREATE TABLE orders AS SELECT * FROM generate_series(1, 1000)');
  await server.query(
    'postgres',
    `COMMENT ON DATABASE core IS 'makesafe.environment=vm_stg'`,
    `COMMENT ON DATABASE prod IS 'makesafe.environment=vm_prod'`,
  );
}

/** By identifier, whatever it is called by now. */
async function contentsOf(oid: string): Promise<unknown> {
  const { rows } = await server.withClient('postgres', (client) =>
    client.query<{ name: string; open: boolean; comment: string }>(
      `SELECT datname AS name, datallowconn AS open, shobj_description(oid, 'pg_database') AS comment
       FROM pg_database WHERE oid = $1`,
      [oid],
    ),
  );
  if (!rows[0]?.open) return rows[0];
  const { name, comment } = rows[0];
  const { count } = await server.withClient(name, async (client) => {
    return (await client.query<{ count: string }>('SELECT count(*) FROM orders')).rows[0]!;
  });
  return { comment, count };
}

const oidOf = async (name: string): Promise<string> =>
  server.withClient('postgres', async (client) => {
    const found = await client.query<{ oid: string }>(
      'SELECT oid::text FROM pg_database WHERE datname = $1',
      [name],
    );
    return found.rows[0]!.oid;
  });

const terminal = new Terminal({ write: () => true, isTTY: false }, { write: () => true, isTTY: false }, {});

/** As a run behind its guard; before its nth statement something happens. */
async function reset(nth: number, happens: () => Promise<void>): Promise<number> {
  const identity = await server.withClient('core', async (client) =>
    identityIn(await readContents(client), 'core'),
  );
  let count = 0;
  const withClient = async <T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const login = { user: 'app', password: 'of the tests', database };
    const client = await openSession(() => connect({ host: '127.0.0.1', port: server.port }), login, {
      server: String(server.port),
    });
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    client.query = (async (...args: unknown[]) => {
      if (count++ === nth) await happens();
      return query(...args);
    }) as unknown as typeof client.query;
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const run = {
    ...{ identity, terminal, actor: makeActor(false, terminal), signal: new AbortController().signal },
    stack: { database: { name: 'core', user: 'app' }, withClient },
    environment: { name: 'vm_stg', entry: { protected: false } },
    command: (task: string) => task,
  };
  await replaceDatabase(run as unknown as Shown, { what: 'reset' });
  return count;
}

/** REPLACED=<n> for more than the sample, which is another one with every commit. */
const ROUNDS = Number(process.env['REPLACED'] ?? 12);

test('whatever is put there, between any two statements, is not touched', async () => {
  await prepare();
  const statements = await reset(-1, () => Promise.resolve());
  expect(statements).toBeGreaterThan(10);
  const met: string[] = [];
  const property = fc.asyncProperty(
    fc.integer({ min: 0, max: statements - 1 }),
    fc.constantFrom(...Object.keys(MEANWHILE)),
    async (nth, what) => {
      await prepare();
      const [core, prod] = [await oidOf('core'), await oidOf('prod')];
      let happened = false;
      const outcome = await reset(nth, async () => {
        try {
          for (const statement of MEANWHILE[what]!) await server.query('postgres', statement);
          happened = true;
        } catch {
          // Not at that moment.
        }
      }).then(
        () => 'done',
        (error: unknown) => String(error),
      );
      // The other one has its rows, its marker, and is open.
      expect([nth, what, outcome, await contentsOf(prod)]).toEqual([
        ...[nth, what, outcome],
        { comment: 'makesafe.environment=vm_prod', count: '1000' },
      ]);
      if (happened && what.startsWith('core')) met.push(`${nth} ${what}: ${outcome.split('\n')[0]}`);
      // What was called done is: core is a new one, and not the other.
      if (outcome === 'done') {
        const now = await oidOf('core').catch(() => 'none');
        expect([nth, what, now === core]).toEqual([nth, what, false]);
      }
    },
  );
  await fc.assert(property, { numRuns: ROUNDS, seed: COMMIT });
}, 600_000);

test('replaced behind the second look: refused, in words', async () => {
  await prepare();
  const prod = await oidOf('prod');
  const replaced = reset(0, async () => {
    for (const statement of MEANWHILE['core changes places with another one']!)
      await server.query('postgres', statement);
  });
  await expect(replaced).rejects.toMatchObject({ status: 77 });
  await expect(replaced).rejects.toThrow(
    /^database core is another one than was shown \(oid \d+ → \d+, marker vm_stg → vm_prod\)/,
  );
  expect(await contentsOf(prod)).toEqual({ comment: 'makesafe.environment=vm_prod', count: '1000' });
});
