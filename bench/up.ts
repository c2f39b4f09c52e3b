import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { BenchProject } from './project.ts';
import type { Result } from './run.ts';

const run = promisify(execFile);

/**
 * From nothing to a database that answers: how long after its first answer `up` returns, and the same for
 * `docker compose up --wait`.
 */
export async function measureUp(project: BenchProject, rounds: number): Promise<Result[]> {
  const behind: number[] = [];
  const ours: number[] = [];
  const waited: number[] = [];
  for (let round = 0; round < rounds; round++) {
    project.shell(`${project.compose} down -v --remove-orphans >/dev/null 2>&1`);
    const [ended, answered] = await Promise.all([
      timed(process.execPath, ['--import', 'tsx', 'tasks/up.ts', 'ENV=vm_stg'], project),
      firstAnswer(project),
    ]);
    behind.push((ended.at - answered) / 1000);
    ours.push(ended.seconds);
    project.shell(`${project.compose} down -v --remove-orphans >/dev/null 2>&1`);
    const words = project.compose.split(' ');
    waited.push((await timed(words[0]!, [...words.slice(1), 'up', '-d', '--wait'], project)).seconds);
  }
  const middle = (values: number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const [late, up, wait] = [middle(behind), middle(ours), middle(waited)];
  return [
    {
      name: 'up, after first answer',
      against: 'the first answer of the database',
      ours: late,
      other: null,
      limit: 0.3,
      rounds,
    },
    {
      name: 'up, from nothing',
      against: 'up --wait',
      ours: up,
      other: wait,
      limit: 0.6 * wait,
      rounds,
    },
  ];
}

async function timed(
  file: string,
  args: readonly string[],
  { root }: BenchProject,
): Promise<{ seconds: number; at: number }> {
  const began = performance.now();
  const child = spawn(file, args, { cwd: root, stdio: 'ignore' });
  const [status] = (await once(child, 'exit')) as [number];
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}`);
  const at = performance.now();
  return { seconds: (at - began) / 1000, at };
}

/** When a query over TCP was first answered; it is asked without pause, by one process in the container. */
async function firstAnswer({ project }: BenchProject): Promise<number> {
  const script = `until psql -h 127.0.0.1 -U app_stg -d core_stg -Atc 'SELECT 1' >/dev/null 2>&1; do sleep 0.01; done`;
  for (;;) {
    try {
      await run('docker', ['exec', `${project}-db-1`, 'sh', '-c', script]);
      return performance.now();
    } catch {
      // There is no container yet.
      await sleep(20);
    }
  }
}
