import childProcess, { type ChildProcess, type SpawnOptions } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { FaultOrder } from './faults.ts';

/**
 * Loaded into a task's process before the task: every statement that it sends and every child process that it starts
 * is a step. Steps are written down; at the one that was ordered, the fault happens. The task's own code knows nothing
 * of it.
 */
const order = JSON.parse(process.env['MAKESAFE_FAULT']!) as FaultOrder;
let count = 0;

/** Whether the fault belongs to this step. */
function isReached(label: string): boolean {
  count += 1;
  appendFileSync(`${order.folder}/steps`, `${label.replaceAll(/\s+/g, ' ').trim().slice(0, 200)}\n`);
  return count === order.step;
}

/** Has the other process do something to the server or the disk, and waits until it has. */
async function outside(): Promise<void> {
  writeFileSync(`${order.folder}/reached`, '');
  while (!existsSync(`${order.folder}/go`)) await sleep(5);
}

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
};

type Query = (this: pg.Client, ...args: unknown[]) => Promise<unknown>;
const { query } = pg.Client.prototype as unknown as { query: Query };

async function faultyQuery(client: pg.Client, args: unknown[]): Promise<unknown> {
  const again = (): Promise<unknown> => query.apply(client, args);
  switch (order.kind) {
    case 'error answer':
      return query.call(client, `DO $$ BEGIN RAISE EXCEPTION 'injected'; END $$`);
    case 'task killed': {
      const answer = again();
      setImmediate(die);
      return answer;
    }
    case 'connection lost': {
      const answer = again();
      const { connection } = client as unknown as { connection: { stream: { destroy: () => void } } };
      setImmediate(() => connection.stream.destroy());
      return answer;
    }
    case 'disk full':
    case 'server restarted':
      await outside();
      return again();
    case 'child killed':
      return again();
  }
}

(pg.Client.prototype as { query: unknown }).query = function (this: pg.Client, ...args: unknown[]): unknown {
  const [first] = args;
  const text = typeof first === 'string' ? first : (first as { text?: string }).text;
  // Cursors and streams are steps by the statement that opens them, and pass.
  if (!isReached(text ?? 'a query object') || typeof args.at(-1) === 'function')
    return query.apply(this, args);
  return faultyQuery(this, args);
};

const { spawn } = childProcess;

function faultySpawn(file: string, args: string[], options: SpawnOptions): ChildProcess {
  switch (order.kind) {
    case 'error answer':
      return spawn('sh', ['-c', 'echo injected >&2; exit 1'], options);
    case 'task killed': {
      const child = spawn(file, args, options);
      setImmediate(die);
      return child;
    }
    case 'child killed': {
      const child = spawn(file, args, options);
      // In the midst of its work, as far as one can see from here.
      const timer = setTimeout(() => child.kill('SIGKILL'), order.delay);
      child.once('exit', () => clearTimeout(timer));
      return child;
    }
    case 'disk full':
    case 'server restarted':
    case 'connection lost':
      void outside();
      // A child is started at once or not at all: there is nothing to wait with.
      busyWait(() => existsSync(`${order.folder}/go`));
      return spawn(file, args, options);
  }
}

function busyWait(condition: () => boolean): void {
  const nap = new Int32Array(new SharedArrayBuffer(4));
  while (!condition()) Atomics.wait(nap, 0, 0, 5);
}

childProcess.spawn = ((file: string, args: string[], options: SpawnOptions): ChildProcess => {
  const words = [file.split('/').at(-1), ...args.map((word) => word.split('\n')[0])].join(' ');
  return isReached(`$ ${words}`) ? faultySpawn(file, args, options) : spawn(file, args, options);
}) as typeof spawn;
syncBuiltinESMExports();
