import childProcess, { type ChildProcess, type SpawnOptions } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { FaultOrder, Step } from './faults.ts';

/**
 * Loaded into a task's process before the task: every statement that it sends, everything that it asks the engine for
 * and every child process that it starts is a step. At the one that was ordered the fault happens, and its sign is left; without an order the steps are
 * written down. The task's own code knows nothing of it.
 */
const order = JSON.parse(process.env['MAKESAFE_FAULT']!) as FaultOrder;
const steps: { label: string; nth: number; time: number }[] = [];

const sign = (name: 'reached' | 'met'): void => writeFileSync(`${order.folder}/${name}`, '');
const mayGo = (): boolean => existsSync(`${order.folder}/go`);

/** A step's name, without what is another one in each run. */
function labelOf(text: string): string {
  const named = order.names.reduce((label, [own, common]) => label.replaceAll(own, common), text);
  return named
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<id>')
    .replaceAll(/(?<=postgres -D .* -p )\d+/g, '<port>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 400);
}

/** Notes a step. Tells whether the fault belongs to it, and takes the end of it. */
function begin(text: string): { isReached: boolean; end: () => void } {
  const label = labelOf(text);
  const nth = steps.filter((step) => step.label === label).length + 1;
  const step = { label, nth, time: 0 } satisfies Step;
  const started = performance.now();
  steps.push(step);
  const isReached = label === order.step?.label && nth === order.step.nth;
  return { isReached, end: () => void (step.time = Math.round(performance.now() - started)) };
}
if (!order.step) process.on('exit', () => writeFileSync(`${order.folder}/steps`, JSON.stringify(steps)));

/** Has the other process do something to the server or the disk, and waits until it has. */
async function outside(): Promise<void> {
  sign('reached');
  while (!mayGo()) await sleep(5);
  sign('met');
}

/** The same for what is started at once or not at all. */
function outsideAtOnce(): void {
  sign('reached');
  const nap = new Int32Array(new SharedArrayBuffer(4));
  while (!mayGo()) Atomics.wait(nap, 0, 0, 5);
  sign('met');
}

/** Once what is being done has been handed over. */
const soon = (hit: () => void): void =>
  void setImmediate(() => {
    sign('met');
    hit();
  });
const die = (): void => void process.kill(process.pid, 'SIGKILL');

type Query = (this: pg.Client, ...args: unknown[]) => unknown;
const { query } = pg.Client.prototype as unknown as { query: Query };

const cut = (client: pg.Client): void => {
  const { connection } = client as unknown as { connection: { stream: { destroy: () => void } } };
  connection.stream.destroy();
};

async function faultyQuery(client: pg.Client, again: () => unknown): Promise<unknown> {
  switch (order.kind) {
    case 'error answer':
      return Promise.resolve(query.call(client, `DO $$ BEGIN RAISE EXCEPTION 'injected'; END $$`)).catch(
        (error: unknown) => {
          sign('met');
          throw error;
        },
      );
    case 'task killed':
      soon(die);
      return again();
    case 'connection lost':
      soon(() => cut(client));
      return again();
    case 'disk full':
    case 'server restarted':
      await outside();
      return again();
    case 'child killed':
      throw new Error('a statement has no child');
  }
}

/** A COPY: `… FROM stdin` is a stream, which is there at once, `… TO STDOUT` calls back in the end. */
interface Copy extends NodeJS.EventEmitter {
  text: string;
  submit: unknown;
  callback?: (error?: Error, ...answer: unknown[]) => void;
}

function faultyCopy(client: pg.Client, copy: Copy, again: () => unknown): unknown {
  switch (order.kind) {
    case 'error answer':
      copy.text = 'COPY injected FROM stdin';
      copy.once('error', () => sign('met'));
      if (copy.callback) {
        const { callback } = copy;
        copy.callback = (error, ...answer) => {
          if (error) sign('met');
          callback(error, ...answer);
        };
      }
      return again();
    case 'task killed':
      soon(die);
      return again();
    case 'connection lost':
      soon(() => cut(client));
      return again();
    case 'disk full':
    case 'server restarted':
      outsideAtOnce();
      return again();
    case 'child killed':
      throw new Error('a statement has no child');
  }
}

(pg.Client.prototype as unknown as { query: Query }).query = function (...args): unknown {
  const [first] = args as [string | Copy | { text: string }];
  const { isReached, end } = begin(typeof first === 'string' ? first : first.text);
  const again = (): unknown => query.apply(this, args);
  if (typeof first !== 'string' && 'submit' in first) {
    first.once('finish', end);
    return isReached ? faultyCopy(this, first, again) : again();
  }
  const answer = isReached ? faultyQuery(this, again) : again();
  if (answer instanceof Promise) answer.then(end, end);
  return answer;
};

const { spawn } = childProcess;

function faultySpawn(file: string, args: string[], options: SpawnOptions): ChildProcess {
  switch (order.kind) {
    case 'error answer': {
      const child = spawn('sh', ['-c', 'echo injected >&2; exit 1'], options);
      return child.once('exit', () => sign('met'));
    }
    case 'task killed':
      soon(die);
      return spawn(file, args, options);
    case 'child killed': {
      const child = spawn(file, args, options);
      const timer = setTimeout(() => child.kill('SIGKILL'), order.delay);
      if (order.delay === 0) child.kill('SIGKILL');
      return child.once('exit', (_code, signal) => {
        clearTimeout(timer);
        if (signal === 'SIGKILL') sign('met');
      });
    }
    case 'disk full':
    case 'server restarted':
    case 'connection lost':
      outsideAtOnce();
      return spawn(file, args, options);
  }
}

childProcess.spawn = ((file: string, args: string[], options: SpawnOptions): ChildProcess => {
  const { isReached, end } = begin(
    `$ ${[file.split('/').at(-1), ...args.map((word) => word.split('\n').find(Boolean) ?? '')].join(' ')}`,
  );
  const child = isReached ? faultySpawn(file, args, options) : spawn(file, args, options);
  return child.once('exit', end);
}) as typeof spawn;

/**
 * What the engine is asked is a step as well: a process in a container, like a child, from its start to the end of its
 * connection; anything else, like a statement.
 */
const { request } = http;
type End = (body?: string) => http.ClientRequest;

http.request = ((options: http.RequestOptions) => {
  const { method = 'GET' } = options;
  const path = options.path ?? '';
  if (/^(\/v[\d.]+)?\/containers\/[^/]+\/exec$/.test(path)) return askExec(options);
  if (/^(\/v[\d.]+)?\/exec\/[^/]+\/start$/.test(path)) return startExec(options);
  const step = begin(`engine ${method} ${decodeURIComponent(path)}`);
  const asked = step.isReached ? faultyRequest(options) : request(options);
  return asked.once('close', step.end);
}) as typeof http.request;

function faultyRequest(options: http.RequestOptions): http.ClientRequest {
  switch (order.kind) {
    case 'error answer':
      sign('met');
      return request({ ...options, agent: undefined, createConnection: () => connect(refusing()) });
    case 'task killed':
      soon(die);
      return request(options);
    case 'connection lost': {
      const asked = request(options);
      return asked.once('socket', (socket: Duplex) => soon(() => socket.destroy()));
    }
    case 'disk full':
    case 'server restarted':
      outsideAtOnce();
      return request(options);
    case 'child killed':
      throw new Error('a request has no child');
  }
}

/** An engine that answers everything with an error of its own; its socket. */
function refusing(): string {
  const socket = `${order.folder}/engine`;
  http
    .createServer((_request, response) =>
      response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"message":"injected"}'),
    )
    .listen(socket)
    .unref();
  return socket;
}

function askExec(options: http.RequestOptions): http.ClientRequest {
  const asked = request(options);
  const end = asked.end.bind(asked) as End;
  asked.end = ((body: string) => {
    const { Cmd } = JSON.parse(body) as { Cmd: string[] };
    const step = begin(`$ exec ${Cmd.map((word) => word.split('\n').find(Boolean) ?? '').join(' ')}`);
    unconnected.push(step.end);
    return end(step.isReached ? faultyExec(asked, body) : body);
  }) as typeof asked.end;
  return asked;
}

function faultyExec(asked: http.ClientRequest, body: string): string {
  const command = JSON.parse(body) as { Cmd: string[] };
  switch (order.kind) {
    case 'error answer':
      command.Cmd = ['sh', '-c', 'echo injected >&2; exit 1'];
      sign('met');
      break;
    case 'task killed':
      soon(die);
      break;
    case 'child killed':
      killNext = true;
      break;
    case 'disk full':
    case 'server restarted':
    case 'connection lost':
      outsideAtOnce();
  }
  const changed = JSON.stringify(command);
  asked.setHeader('Content-Length', Buffer.byteLength(changed));
  return changed;
}
/** The connection that is made next is cut. */
let killNext = false;
/** Ends of steps whose connection is not made yet; they are made in the order in which they were asked for. */
const unconnected: (() => void)[] = [];

function startExec(options: http.RequestOptions): http.ClientRequest {
  const asked = request(options);
  const stepEnd = unconnected.shift();
  const kills = killNext;
  killNext = false;
  return asked.prependListener('upgrade', (_response, connection) => {
    if (stepEnd) connection.once('close', stepEnd);
    if (!kills) return;
    setTimeout(() => {
      sign('met');
      connection.destroy();
    }, order.delay);
  });
}
syncBuiltinESMExports();
