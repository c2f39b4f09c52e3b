import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { CanonicalDump } from '../lib/schema/canonical/canonical.ts';
import { compareDatabases, DatabaseServer, startServer } from '../tests/helpers/database-server.ts';
import { median } from './median.ts';

/**
 * What dumping and comparing two large schemas costs, beside what people use instead. Both databases are on one embedded
 * server; all figures include reading.
 *
 *     npx tsx bench/schema.ts [--tables 10000] [--rounds 5] [--minutes 10]
 *
 * The other tool is migra, a well-known one in its form for npm. It is no dependency of this project: it is installed
 * into a folder of the run's own, and stopped after so many minutes; 0 leaves it out.
 */
const { values } = parseArgs({
  options: {
    tables: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '10' },
  },
});
const [tables, rounds, minutes] = [values.tables, values.rounds, values.minutes].map(Number) as [
  number,
  number,
  number,
];
const MIGRA = '@pgkit/migra@0.6.1';
const PLAIN = ['--schema-only', '--no-owner', '--no-acl'];

const folder = mkdtempSync(join(tmpdir(), 'makesafe-bench-'));
const { server, stop } = await startServer(`max_locks_per_transaction=${Math.max(64, tables)}`);

try {
  await fill(server, tables);
  await compared();
  await canonical();
  await diffed();
  if (minutes > 0) await migra();
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Both sides read and compared, against pg_dump alone. */
async function compared(): Promise<void> {
  const [dumps, comparisons]: [number[], number[]] = [[], []];
  let found = '';
  for (let round = 0; round < rounds; round++) {
    dumps.push(await timed(() => Promise.all(['base', 'compared'].map((name) => archive(name)))));
    comparisons.push(
      await timed(async () => {
        const { verdict, objects } = await compareDatabases(server.source('base'), server.source('compared'));
        found = `${verdict}, ${objects.reduce((sum, { identical }) => sum + identical, 0)} objects`;
      }),
    );
  }
  const memory = process.resourceUsage().maxRSS / 1024;
  row('two dumps at the same time', median(dumps), `median of ${rounds}`);
  row('makesafe, reading and comparing', median(comparisons), `${found}, ${memory.toFixed(0)} MB`);
  row('  as a multiple of the dumps', ratio(comparisons, dumps), 'at most 1.3 is the aim');
}

/** What db-dump-schema-env makes of a plain dump, against the same dump as it is. */
async function canonical(): Promise<void> {
  const [raw, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    raw.push(await timed(() => plain('base', new PassThrough())));
    ours.push(await timed(() => plain('base', new CanonicalDump())));
  }
  row('pg_dump, plain', median(raw), `median of ${rounds}`);
  row('db-dump-schema-env, plain', median(ours), '');
  row('  as a multiple of pg_dump', ratio(ours, raw), 'at most 1.05 is the aim');
}

async function diffed(): Promise<void> {
  const ran = { status: null as number | null };
  const seconds = await timed(async () => {
    const files = await Promise.all(['base', 'compared'].map((name) => plain(name, new CanonicalDump())));
    ran.status = spawnSync('diff', ['-u', ...files], { maxBuffer: 1 << 30 }).status;
  });
  row('plain dumps and diff -u', seconds, `status ${ran.status}`);
}

async function migra(): Promise<void> {
  const install = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, MIGRA];
  const installed = spawnSync('npm', install, { encoding: 'utf8' });
  if (installed.status !== 0) throw new Error(`npm ${install.join(' ')}: ${installed.stderr}`);
  const command = join(folder, 'node_modules', '.bin', 'migra');
  const args = [server.url('base'), server.url('compared')];
  const ran = { note: '' };
  const seconds = await timed(() => {
    const { status, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      timeout: minutes * 60_000,
      maxBuffer: 1 << 30,
    });
    const why = stderr.trim().split('\n').at(-1);
    ran.note = status === null ? `stopped after ${minutes} min` : `status ${status} ${why}`.trim();
    return Promise.resolve();
  });
  row(MIGRA, seconds, ran.note);
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

async function archive(database: string): Promise<void> {
  const output = new PassThrough().resume();
  const { status, stderr } = await server.dump(database, ['--schema-only', '--format=custom'], output);
  if (status !== 0) throw new Error(stderr);
}

/** @returns the file */
async function plain(database: string, text: PassThrough | CanonicalDump): Promise<string> {
  const file = join(folder, `${database}.sql`);
  const written = pipeline(text, createWriteStream(file));
  const [{ status, stderr }] = await Promise.all([server.dump(database, PLAIN, text), written]);
  if (status !== 0) throw new Error(stderr);
  return file;
}

/** Seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Of what was timed in turns: the median of the pairs' ratios. */
function ratio(ours: readonly number[], others: readonly number[]): number {
  return median(ours.map((seconds, round) => seconds / others[round]!));
}

function row(what: string, figure: number, note: string): void {
  console.log(`${what.padEnd(36)} ${figure.toFixed(2).padStart(8)}  ${note}`);
}
