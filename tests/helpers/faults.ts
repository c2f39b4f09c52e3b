import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Ran, Running } from './processes.ts';
import { TYPESCRIPT, type Scratch } from './scratch.ts';

export const FAULTS = [
  'task killed',
  'child killed',
  'connection lost',
  'error answer',
  'disk full',
  'server restarted',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What the preload is told. */
export interface FaultOrder {
  /** From 1; 0 only writes down the steps. */
  readonly step: number;
  readonly kind: Fault;
  /** Where both processes leave signs for each other. */
  readonly folder: string;
  /** Milliseconds that a child lives before it is killed. */
  readonly delay: number;
}

/** Where the thing is that a command changes, after a fault. */
export type State = 'old' | 'new' | { readonly between: string };

/** A command under test, and how its world is looked at. All of it past the code under test. */
export interface Subject {
  readonly scratch: Scratch;
  /** As typed. */
  readonly command: string;
  /** Makes the old state. */
  readonly prepare: () => Promise<void>;
  /** Looks without changing anything. */
  readonly inspect: () => Promise<State>;
  /** Resolves when the server answers again and no session of the last run is left. */
  readonly settle: () => Promise<void>;
  /** What the last run that changes nothing has to come to: whole, and new. */
  readonly restartServer: () => Promise<void>;
  /** Fills the disk; what it returns makes room again. Undefined where the test has no disk of its own. */
  readonly fillDisk: (() => Promise<() => Promise<void>>) | undefined;
  /** Ends the sessions of child processes as they come, until told to stop. */
  readonly cutSessions: () => () => Promise<void>;
}

export interface Outcome {
  readonly step: number;
  readonly label: string;
  readonly fault: Fault;
  /** What stood there after the fault, and after the same command again. */
  readonly first: State;
  readonly status: number;
  readonly second: State;
  readonly secondStatus: number;
  /** Output of both runs, for a failure. */
  readonly said: string;
}

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'fault-preload.ts')).href;

function startFaulty(subject: Subject, order: FaultOrder): Running {
  const [task, ...args] = subject.command.split(' ');
  const script = subject.scratch.path('tasks', `${task}.ts`);
  return subject.scratch.start(
    [process.execPath, '--import', TYPESCRIPT, '--import', PRELOAD, script, ...args],
    {
      env: { MAKESAFE_FAULT: JSON.stringify(order) },
    },
  );
}

const signs = (subject: Subject): string => mkdtempSync(join(subject.scratch.outside, 'fault-'));

/** The steps of a run in which nothing goes wrong. */
export async function recordSteps(subject: Subject): Promise<string[]> {
  const folder = signs(subject);
  await subject.prepare();
  const ran = await startFaulty(subject, { step: 0, kind: 'error answer', folder, delay: 0 }).ended;
  if (ran.status !== 0) throw new Error(`${subject.command} fails by itself:\n${ran.stdout}${ran.stderr}`);
  return readFileSync(`${folder}/steps`, 'utf8').trimEnd().split('\n');
}

/** Whether a fault can happen at a step at all: a statement has no child. */
export function applies(fault: Fault, label: string, subject: Subject): boolean {
  const isChild = label.startsWith('$ ');
  if (fault === 'child killed') return isChild;
  if (fault === 'disk full') return subject.fillDisk !== undefined;
  return true;
}

/** Runs the command into one fault, looks, runs it again, looks again. */
export async function tryFault(
  subject: Subject,
  step: number,
  label: string,
  fault: Fault,
  delay = 60,
): Promise<Outcome> {
  await subject.prepare();
  const folder = signs(subject);
  const running = startFaulty(subject, { step, kind: fault, folder, delay });
  const undo = await actOutside(subject, fault, folder, running);
  const ran = await running.ended;
  await undo();
  await subject.settle();
  const first = await subject.inspect();
  const again = await subject.scratch.runTask(subject.command);
  await subject.settle();
  const second = await subject.inspect();
  rmSync(folder, { recursive: true });
  const said = [ran, again].map(({ stdout, stderr }) => stdout + stderr).join('--- again\n');
  return { step, label, fault, first, status: ran.status, second, secondStatus: again.status, said };
}

/** Does to server or disk what the preload asked for, and returns what takes it back. */
async function actOutside(
  subject: Subject,
  fault: Fault,
  folder: string,
  running: Running,
): Promise<() => Promise<void>> {
  const nothing = (): Promise<void> => Promise.resolve();
  let ended: Ran | undefined;
  void running.ended.then((ran) => (ended = ran));
  while (!existsSync(`${folder}/reached`)) {
    if (ended) return nothing;
    await sleep(10);
  }
  const go = (): void => writeFileSync(`${folder}/go`, '');
  if (fault === 'server restarted') {
    const restarted = subject.restartServer();
    go();
    return () => restarted;
  }
  if (fault === 'disk full') {
    const makeRoom = await subject.fillDisk!();
    go();
    return makeRoom;
  }
  const stop = subject.cutSessions();
  go();
  return stop;
}

/** The step of the last statement or command that holds a text: where a test of a few steps has its fault. */
export function stepOf(steps: readonly string[], text: string): number {
  const index = steps.findLastIndex((label) => label.includes(text));
  if (index < 0) throw new Error(`no step holds ${text}:\n${steps.join('\n')}`);
  return index + 1;
}

export const name = (state: State): string => (typeof state === 'string' ? state : state.between);

/** A cell of the table, and whether it is a failure: whatever is not whole before the next run must be after it. */
export function judge({ first, second, secondStatus }: Outcome): { cell: string; failed: boolean } {
  const repaired = second === 'new' && secondStatus === 0;
  if (!repaired) return { cell: `FAILED (${name(first)} → ${name(second)}, ${secondStatus})`, failed: true };
  return { cell: typeof first === 'string' ? `${first} whole` : 'repaired', failed: false };
}
