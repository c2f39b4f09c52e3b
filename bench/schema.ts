import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import { CanonicalDump } from '../lib/schema/canonical.ts';
import { compareDatabases, DatabaseServer, startServer } from '../tests/helpers/database-server.ts';

/**
 * What a comparison of two large schemas costs, beside what people use instead. Both databases are on one embedded
 * server; all figures include reading. `npx tsx bench/schema.ts [tables]`
 *
 * The other tool is the one named by MIGRA, a command that takes two connection URLs and prints the difference:
 * `MIGRA="npx @pgkit/migra"`. It is no dependency of this project, so without it, its row is left out.
 */
const tables = Number(process.argv[2] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), 'makesafe-bench-'));
const { server, stop } = await startServer(`max_locks_per_transaction=${Math.max(64, tables)}`);

try {
  await fill(server, tables);
  const dumped = await timed(() => Promise.all(['base', 'compared'].map((name) => dump(name))));
  const compared = await timed(async () => {
    const { verdict, objects } = await compareDatabases(server.source('base'), server.source('compared'));
    const count = objects.reduce((sum, { identical }) => sum + identical, 0);
    return `${verdict}, ${count} objects`;
  });
  const memory = process.resourceUsage().maxRSS / 1024;
  row('two dumps at the same time', dumped.seconds, '');
  row('makesafe, reading and comparing', compared.seconds, `${compared.value}, ${memory.toFixed(0)} MB`);
  row('  as a multiple of the dumps', compared.seconds / dumped.seconds, 'at most 1.3 is the aim');

  const files = await timed(() => Promise.all(['base', 'compared'].map((name) => plain(name))));
  const lines = await timed(() =>
    Promise.resolve(spawnSync('diff', ['-u', ...files.value], { maxBuffer: 1 << 30 })),
  );
  row('plain dumps and diff -u', files.seconds + lines.seconds, `status ${lines.value.status}`);

  const [other, ...words] = (process.env['MIGRA'] ?? '').split(' ').filter(Boolean);
  if (other === undefined) console.log('no other tool: MIGRA is not set');
  else {
    const args = [...words, server.url('base'), server.url('compared')];
    const ran = await timed(() => Promise.resolve(spawnSync(other, args, { timeout: 600_000 })));
    row(
      [other, ...words].join(' '),
      ran.seconds,
      `status ${ran.value.status ?? 'none: it was stopped after 10 min'}`,
    );
  }
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Two databases of the same tables, each with what tables usually have. */
async function fill(on: DatabaseServer, count: number): Promise<void> {
  await on.create('base');
  for (let from = 0; from < count; from += 100) {
    const schema = `s${Math.floor(from / 1000)}`;
    const statements = Array.from({ length: Math.min(100, count - from) }, (_, n) => {
      const table = `${schema}.t${from + n}`;
      return `CREATE TABLE ${table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(20) NOT NULL UNIQUE,
          amount numeric(12,2) DEFAULT 0 CHECK (amount >= 0), status text DEFAULT 'new', at timestamptz DEFAULT now(),
          parent bigint REFERENCES ${table});
        CREATE INDEX ON ${table} (at, status); COMMENT ON TABLE ${table} IS 'table ${n}'; GRANT SELECT ON ${table} TO PUBLIC`;
    });
    await on.query('base', `CREATE SCHEMA IF NOT EXISTS ${schema}`, statements.join(';'));
  }
  await on.query('postgres', 'CREATE DATABASE compared TEMPLATE base');
}

async function dump(database: string): Promise<void> {
  const output = new PassThrough().resume();
  const { status, stderr } = await server.dump(database, ['--schema-only', '--format=custom'], output);
  if (status !== 0) throw new Error(stderr);
}

async function plain(database: string): Promise<string> {
  const file = join(folder, `${database}.sql`);
  const text = new CanonicalDump();
  await Promise.all([
    server.dump(database, ['--schema-only', '--no-owner', '--no-acl'], text),
    pipeline(text, createWriteStream(file)),
  ]);
  return file;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - started) / 1000 };
}

function row(what: string, figure: number, note: string): void {
  console.log(`${what.padEnd(36)} ${figure.toFixed(2).padStart(8)}  ${note}`);
}
