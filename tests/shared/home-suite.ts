import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { takeBackup } from '../../lib/database/backup/backup.ts';
import { checkDump, restoreFromDump } from '../../lib/database/restore/restore-from-dump.ts';
import { compare } from '../../lib/schema/compare/compare.ts';
import { readDatabase, type Side } from '../../lib/schema/read/read.ts';
import type { DestructiveRun } from '../../lib/run/run.ts';
import { COMMIT } from '../helpers/commit.ts';
import { EVERYTHING } from '../helpers/database-server.ts';
import { hostile } from '../helpers/hostile.ts';
import { openRun, type Opened } from '../helpers/restore-run.ts';
import type { Scratch } from '../helpers/scratch.ts';
import type { DumpRun } from '../../lib/database/restore/restore-run.ts';

type Values = DumpRun['values'] & { readonly BACKUP_DIR: string };

/** A kind of stack, as the round trips see it. Its environment is up, and its role is a superuser. */
export interface HomeUnderTest {
  readonly scratch: Scratch;
  readonly environment: string;
}

/** `DATABASES=30 SEED=1` makes that many; a sample that is another one with each commit otherwise. */
const COUNT = Number(process.env['DATABASES'] ?? 1);
const SEED = Number(process.env['SEED'] ?? COMMIT % 100_000);

/** Rows, large objects and sequences of a database, as one text. */
async function contentOf(client: Client): Promise<string> {
  await client.query(`SET row_security = off; SET client_min_messages = error`);
  const { rows: relations } = await client.query<{ name: string; kind: string }>(
    `SELECT oid::regclass::text AS name, relkind AS kind FROM pg_class
     WHERE relkind IN ('r', 'S', 'm') AND relispopulated AND relnamespace IN (SELECT oid FROM pg_namespace
       WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') ORDER BY 1`,
  );
  const lines: string[] = [];
  for (const { name, kind } of relations) {
    const what = kind === 'S' ? 'last_value::text || is_called' : 't::text';
    const { rows } = await client.query<{ line: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(${what}, '|' ORDER BY ${what})), '') AS line FROM ${name} AS t`,
    );
    lines.push(`${name} ${kind} ${rows[0]!.line}`);
  }
  const { rows: large } = await client.query<{ line: string }>(
    `SELECT format('%s %s %s %s', oid, lomowner::regrole, lomacl, md5(lo_get(oid))) AS line
     FROM pg_largeobject_metadata ORDER BY oid`,
  );
  return [...lines, ...large.map(({ line }) => line)].join('\n');
}

export function homeSuite({ scratch, environment }: HomeUnderTest): void {
  let run: DestructiveRun;
  let opened: Opened;

  beforeAll(async () => {
    opened = await openRun(scratch.root, environment);
    run = opened.run;
  });

  /** The environment's database anew, with nothing but its marker. */
  async function begin(): Promise<void> {
    const { stack } = run;
    const { name } = stack.database;
    const quoted = `"${name}"`;
    await dropSubscriptions();
    await stack.withClient('postgres', async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${quoted} TEMPLATE template0`);
      await client.query(`COMMENT ON DATABASE ${quoted} IS 'makesafe.environment=${environment}'`);
    });
  }

  async function dropSubscriptions(): Promise<void> {
    const { stack } = run;
    await stack.withClient(stack.database.name, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT quote_ident(subname) AS name FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()`,
      );
      for (const { name } of rows)
        await client
          .query(`ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`)
          .then(() => client.query(`DROP SUBSCRIPTION ${name}`));
    });
  }

  const look = async (): Promise<{ side: Side; content: string }> => {
    const { stack } = run;
    const { name } = stack.database;
    const side = await readDatabase(
      {
        ...{ label: 'vm', roles: {} },
        withClient: (work) => stack.withClient(name, work),
        dump: (args, output) => stack.dump(args, output, { pgDump: 'bundled' }),
      },
      EVERYTHING,
    );
    return { side, content: await stack.withClient(name, contentOf) };
  };

  async function restore(file: string, more: Partial<Values> = {}): Promise<void> {
    const usual: Values = {
      ...{ DUMP: file, ALLOW: ['less'], STRICT: false, JOBS: 1, BOOTSTRAP_ROLES_SQL: undefined },
      BACKUP_DIR: join(scratch.root, 'home'),
    };
    const given = { ...run, values: { ...usual, ...more } };
    opened.clear();
    await checkDump(given);
    await restoreFromDump(given);
  }

  describe('home is home', () => {
    test(
      `${COUNT} databases with hostile contents (SEED=${SEED}) come back the same`,
      { timeout: 120_000 + COUNT * 60_000 },
      async () => {
        mkdirSync(scratch.path('home'), { recursive: true });
        const { stack } = run;
        const { name } = stack.database;
        const others: unknown[] = [];
        const features = new Set<string>();
        const began = performance.now();
        for (let seed = SEED; seed < SEED + COUNT; seed++) {
          await begin();
          const { sql, what } = hostile(seed, name, `makesafe.environment=${environment}`);
          for (const one of what) features.add(one);
          await stack.withClient(name, (client) => client.query(sql));
          const before = await look();
          const { file } = await takeBackup({ ...run, values: {} }, scratch.path('home'));
          await stack.withClient(name, (client) =>
            client.query(`
              CREATE SCHEMA spoilt; CREATE TABLE spoilt.t AS SELECT 1 AS x; ALTER DATABASE "${name}" RESET ALL;
              COMMENT ON DATABASE "${name}" IS 'makesafe.environment=${environment}'; GRANT ALL ON DATABASE "${name}" TO PUBLIC`),
          );
          try {
            await restore(file, { JOBS: 1 + (seed % 3) });
            const after = await look();
            const found = compare(before.side, after.side, {
              ignore: [],
              privileges: 'compared',
              limits: [],
            });
            if (found.verdict === 'same' && before.content === after.content) continue;
            others.push({ seed, what, differences: found.differences, incomplete: found.incomplete });
            if (before.content !== after.content)
              others.push({ before: before.content, after: after.content });
          } catch (error) {
            others.push({ seed, what, error: String(error), said: opened.said() });
          }
        }
        const seconds = Math.round((performance.now() - began) / 1000);
        console.log(
          `home is home, ${environment}: ${COUNT} databases, SEED=${SEED}, ${features.size} kinds of contents: ${COUNT - others.length} same, ${others.length} other; ${seconds} s`,
        );
        if (others.length > 0) writeFileSync(`${scratch.outside}.home.json`, JSON.stringify(others, null, 2));
        expect(others).toEqual([]);
      },
    );
  });
}
