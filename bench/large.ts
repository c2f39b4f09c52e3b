import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { asker, startDatabase } from '../tests/helpers/database.ts';
import { EmbeddedScratch, localAsker } from '../tests/helpers/embedded.ts';
import { docker } from '../tests/helpers/processes.ts';
import { Scratch } from '../tests/helpers/scratch.ts';
import { sizeOf } from '../lib/dump/checksum.ts';

/**
 * Backup, list, drill, restore and reset of a large database: seconds, bytes, and the most memory that the task and the
 * programs that it starts on this machine had at a time. On compose beside pg_restore -j2 by hand, on the same file.
 *
 *     npx tsx bench/large.ts [--stack embedded|compose …] [--gigabytes 2]
 */
const { values } = parseArgs({
  options: {
    stack: { type: 'string', multiple: true, default: ['embedded', 'compose'] },
    gigabytes: { type: 'string', default: '2' },
  },
});

/** Bytes of a row on disk, as it is made below. */
const ROW = 400;
const rows = Math.round((Number(values.gigabytes) * 2 ** 30) / ROW);

for (const stack of values.stack) await (stack === 'compose' ? compose() : embedded());

async function embedded(): Promise<void> {
  const scratch = new EmbeddedScratch({});
  try {
    await scratch.make();
    await scratch.mustTask('up ENV=local_demo');
    await measure(scratch, 'local_demo', 'embedded', [], localAsker(scratch).sql);
  } finally {
    await scratch.dispose();
  }
}

async function compose(): Promise<void> {
  const scratch = new Scratch({});
  try {
    await scratch.make();
    await startDatabase(scratch, 'vm_stg', 'db');
    await measure(
      scratch,
      'vm_stg',
      'compose',
      ['', ' JOBS=2'],
      asker(scratch, 'vm_stg', 'app_stg', 'core_stg').sql,
      (dump) => byHand(scratch, dump),
    );
  } finally {
    await scratch.dispose();
  }
}

/** What a person would type in the container. */
async function byHand(scratch: Scratch, dump: string): Promise<void> {
  const id = await scratch.container('vm_stg');
  await docker('cp', scratch.path(dump), `${id}:/tmp/by-hand.dump`);
  await docker('exec', id, 'createdb', '-U', 'app_stg', 'by_hand');
  const began = performance.now();
  await docker('exec', id, 'pg_restore', '-U', 'app_stg', '-j', '2', '-d', 'by_hand', '/tmp/by-hand.dump');
  console.log(`| pg_restore -j2, by hand | ${((performance.now() - began) / 1000).toFixed(1)} | - | - | - |`);
  await docker('exec', id, 'dropdb', '-U', 'app_stg', 'by_hand');
  await docker('exec', id, 'rm', '/tmp/by-hand.dump');
}

async function measure(
  scratch: Scratch,
  environment: string,
  stack: string,
  formats: readonly string[],
  sql: (statement: string) => Promise<string>,
  beside: (dump: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const hashes = Array.from({ length: 9 }, (_, n) => `md5((n * 10 + ${n})::text)`).join(' || ');
  await sql(`CREATE TABLE large AS SELECT n, now() AS at, ${hashes} AS text FROM generate_series(1, ${rows}) AS n;
    ALTER TABLE large ADD PRIMARY KEY (n)`);
  const size = await sql('SELECT pg_size_pretty(pg_database_size(current_database()))');
  console.log(
    `\n## ${stack}: ${size}, ${rows} rows\n\n| task | seconds | task, MB | its programs, MB | progress |\n|---|---|---|---|---|`,
  );
  const dumps: string[] = [];
  for (const format of formats.length > 0 ? formats : ['']) {
    dumps.push((await run(scratch, `backup ENV=${environment}${format}`)).trim());
  }
  for (const dump of dumps) console.log(`| ${dump}: ${sizeOf(scratch.path(dump))} bytes | | | | |`);
  await run(scratch, `backups ENV=${environment}`);
  await run(scratch, `backup-drill-env ENV=${environment}`);
  await beside(dumps[0]!);
  for (const [index, dump] of dumps.entries()) {
    const jobs = formats[index] ?? '';
    await run(scratch, `restore-from-dump ENV=${environment} WAIT=0 DUMP=${dump}${jobs}`);
  }
  const count = await sql('SELECT count(*) FROM large');
  if (count !== String(rows)) throw new Error(`${count} rows came back of ${rows}`);
  await run(scratch, `db-reset-db-env ENV=${environment} WAIT=0`);
}

async function run(scratch: Scratch, words: string): Promise<string> {
  const running = scratch.startTask(words);
  let [task, programs] = [0, 0];
  const state = { ended: false };
  const ended = running.ended.finally(() => (state.ended = true));
  while (!state.ended) {
    task = Math.max(task, peak(running.child.pid!));
    programs = Math.max(
      programs,
      descendants(running.child.pid!).reduce((sum, pid) => sum + peak(pid), 0),
    );
    await Promise.race([ended, sleep(200)]);
  }
  const { status, stdout, stderr, time } = await ended;
  if (status !== 0) throw new Error(`${words}: status ${status}\n${stderr}`);
  const progress =
    stderr
      .split('\n')
      .filter((line) => line.includes(' … '))
      .at(-1) ?? '-';
  const cells = [
    words.replace(/ENV=\S+ ?/, ''),
    (time / 1000).toFixed(1),
    task,
    programs,
    progress.replace('[info] ', ''),
  ];
  console.log(`| ${cells.join(' | ')} |`);
  return stdout;
}

/** The most memory that a process has had so far, in MB. */
function peak(pid: number): number {
  try {
    const kilobytes = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+) kB$/m)?.[1];
    return Math.round(Number(kilobytes ?? 0) / 1000);
  } catch {
    return 0;
  }
}

function descendants(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter(Boolean)
        .flatMap((child) => [Number(child), ...descendants(Number(child))]),
    );
  } catch {
    return [];
  }
}
