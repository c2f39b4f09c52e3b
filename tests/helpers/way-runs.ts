import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from './fault-runs.ts';
import type { State } from './faults.ts';
import type { FaultyWay, WayFault } from './faulty-way.ts';
import type { LimitsOrder } from './limits-preload.ts';
import { must, type Running } from './processes.ts';
import { TYPESCRIPT } from './scratch.ts';

const PRELOAD = join(import.meta.dirname, 'limits-preload.ts');

/** A frozen way in a test does not cost what it costs a person; a machine that is busy with tests still has time. */
const SHORT: LimitsOrder['seconds'] = {
  silence: 1,
  ping: 3,
  question: 20,
  sessionSilence: 2,
  firstAnswer: 60,
};

/** Milliseconds in which a run has to end, from the fault on, with those limits; and from Ctrl-C on. */
export const ENDS = 90_000;
export const CANCELS = 2_000;

export interface WayTrial {
  readonly fault: WayFault;
  /** From 1: the request at which it happens. */
  readonly at: number;
  /** Ctrl-C is pressed a moment later. */
  readonly press: boolean;
  /** With the limits that a person has. */
  readonly real?: boolean;
}

export interface WayOutcome {
  /** The request where it happened; undefined when the run ended before. */
  readonly request: string | undefined;
  /** Milliseconds to the end of the process, from the fault or from Ctrl-C. */
  readonly time: number;
  readonly status: number;
  readonly state: State;
  /** The same command after that. */
  readonly again: { readonly status: number; readonly state: State };
  readonly said: string;
}

/**
 * Docker's own settings with a context that goes the way: the guard refuses an engine that is only exported.
 *
 * @returns the folder of the settings
 */
export async function settingsFor(socket: string, folder: string): Promise<string> {
  const docker = (...args: string[]): Promise<string> => must(['docker', '--config', folder, ...args]);
  await docker('context', 'create', 'way', '--docker', `host=unix://${socket}`);
  await docker('context', 'use', 'way');
  return folder;
}

function startOnWay({ scratch, command }: Subject, config: string, real: boolean): Running {
  const [task, ...args] = command.split(' ');
  const preload = real ? [] : ['--require', PRELOAD];
  const order: LimitsOrder = { file: scratch.path('lib/system/limits.ts'), seconds: SHORT };
  return scratch.start(
    [process.execPath, '--require', TYPESCRIPT, ...preload, scratch.path('tasks', `${task}.ts`), ...args],
    { env: { DOCKER_CONFIG: config, MAKESAFE_LIMITS: JSON.stringify(order) } },
  );
}

/** The requests of a run in which nothing goes wrong. */
export async function recordRequests(
  subject: Subject,
  way: FaultyWay,
  config: string,
): Promise<readonly string[]> {
  await subject.prepare();
  void way.order(undefined);
  const { status, stdout, stderr } = await startOnWay(subject, config, true).ended;
  await subject.settle();
  const state = await subject.inspect();
  if (status !== 0 || state !== 'new')
    throw new Error(`${subject.command} fails by itself (${JSON.stringify(state)}):\n${stdout}${stderr}`);
  return way.requests;
}

/** Runs a command into a fault of the way, looks, and runs it again once the way is mended. */
export async function tryWay(
  subject: Subject,
  way: FaultyWay,
  config: string,
  { fault, at, press, real = false }: WayTrial,
): Promise<WayOutcome> {
  await subject.prepare();
  const reached = way.order({ fault, at }).then(() => true);
  const running = startOnWay(subject, config, real);
  const happened = await Promise.race([reached, running.ended.then(() => false)]);
  const request = happened ? way.requests[at - 1] : undefined;
  if (press) {
    // So that whatever waits does wait.
    await sleep(300);
    if (running.child.exitCode === null) running.interrupt();
  }
  const began = performance.now();
  const deadline = setTimeout(() => running.interrupt('SIGKILL'), ENDS + 10_000);
  const { status, stdout, stderr } = await running.ended;
  const time = Math.round(performance.now() - began);
  clearTimeout(deadline);
  await way.mend();
  await subject.settle();
  const state = await subject.inspect();
  const second = await startOnWay(subject, config, true).ended;
  await subject.settle();
  const again = { status: second.status, state: await subject.inspect() };
  const said = `${stdout}${stderr}--- again\n${second.stdout}${second.stderr}`;
  return { request, time, status, state, again, said };
}

/** A cell of the table: what stood there after the fault, and what is wrong with it. */
export function judgeWay({ press }: WayTrial, outcome: WayOutcome): { cell: string; failed: boolean } {
  const { request, time, status, state, again } = outcome;
  const limit = press ? CANCELS : ENDS;
  const wrong = [
    ...(request === undefined ? ['the fault did not happen'] : []),
    ...(time > limit ? [`ended after ${time} ms`] : []),
    ...(status === 0 && state !== 'new' ? [`done, and it is ${JSON.stringify(state)}`] : []),
    ...(again.status !== 0 || again.state !== 'new'
      ? [`again: status ${again.status}, ${JSON.stringify(again.state)}`]
      : []),
  ];
  if (wrong.length > 0) return { cell: `FAILED: ${wrong.join('; ')}`, failed: true };
  return { cell: typeof state === 'string' ? `${state} whole` : 'repaired', failed: false };
}
