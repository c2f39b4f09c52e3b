import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultOrder, Outcome, State, Step } from './faults.ts';
import type { LimitsOrder } from './limits-preload.ts';
import type { Ran, Running } from './processes.ts';
import { TYPESCRIPT, type Scratch } from './scratch.ts';

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
  readonly restartServer: () => Promise<void>;
  /** Fills the disk to its last byte; what it returns makes room again. Undefined where the test has no disk of its own. */
  readonly fillDisk: (() => () => void) | undefined;
  /** Ends the next session of a child process, or stops waiting for one; tells whether it did. */
  readonly cutSession: () => () => Promise<boolean>;
}

const PRELOAD = join(import.meta.dirname, 'fault-preload.ts');
const LIMITS_PRELOAD = join(import.meta.dirname, 'limits-preload.ts');

function startFaulty({ scratch, command }: Subject, order: Omit<FaultOrder, 'names'>): Running {
  const [task, ...args] = command.split(' ');
  const names = [
    [scratch.root, '.'],
    [scratch.outside, '..'],
    [`${scratch.prefix}-`, ''],
    [join(import.meta.dirname, '../..'), '.'],
  ] as const;
  // What is asked only of a slow server would be another step in each run.
  const limits: LimitsOrder = { file: scratch.path('lib/system/limits.ts'), seconds: { holders: 3600 } };
  return scratch.start(
    [
      process.execPath,
      '--require',
      TYPESCRIPT,
      '--require',
      PRELOAD,
      '--require',
      LIMITS_PRELOAD,
      scratch.path('tasks', `${task}.ts`),
      ...args,
    ],
    { env: { MAKESAFE_FAULT: JSON.stringify({ ...order, names }), MAKESAFE_LIMITS: JSON.stringify(limits) } },
  );
}

const signs = ({ scratch }: Subject): string => mkdtempSync(join(scratch.outside, 'fault-'));

/** The steps of a run in which nothing goes wrong: what is polled is asked as often as time allows, and counts as both runs had it. */
export async function recordSteps(subject: Subject): Promise<Step[]> {
  const [first, second] = [await recordOnce(subject), await recordOnce(subject)];
  return second.filter((step) => first.some(({ label, nth }) => label === step.label && nth === step.nth));
}

async function recordOnce(subject: Subject): Promise<Step[]> {
  const folder = signs(subject);
  await subject.prepare();
  const before = await subject.inspect();
  if (before !== 'old') throw new Error(`the old state is not there: ${JSON.stringify(before)}`);
  const ran = await startFaulty(subject, { step: undefined, kind: 'error answer', folder, delay: 0 }).ended;
  await subject.settle();
  const after = await subject.inspect();
  if (ran.status !== 0 || after !== 'new')
    throw new Error(
      `${subject.command} fails by itself (${JSON.stringify(after)}):\n${ran.stdout}${ran.stderr}`,
    );
  return JSON.parse(readFileSync(`${folder}/steps`, 'utf8')) as Step[];
}

/** Runs the command into one fault and looks; twice, where it did not happen. The old state has to be there. */
export async function tryFault(subject: Subject, step: Step, fault: Fault): Promise<Outcome> {
  // A child is killed in the midst of its work; one that is gone by then, at its start.
  const outcome = await runInto(subject, step, fault, fault === 'child killed' ? step.time / 2 : 0);
  if (outcome.met) return outcome;
  await subject.prepare();
  return runInto(subject, step, fault, 0);
}

async function runInto(subject: Subject, step: Step, fault: Fault, delay: number): Promise<Outcome> {
  const folder = signs(subject);
  const running = startFaulty(subject, { step, kind: fault, folder, delay });
  const undo = await actOutside(subject, fault, step, folder, running);
  const ran = await running.ended;
  const hit = await undo();
  const met = hit && existsSync(`${folder}/met`) && (fault !== 'task killed' || ran.status === 137);
  await subject.settle();
  const state = await subject.inspect();
  rmSync(folder, { recursive: true });
  return { met, first: state, status: ran.status, second: undefined, said: ran.stdout + ran.stderr };
}

/** Runs the same command again and looks again. */
export async function runAgain(subject: Subject, outcome: Outcome): Promise<Outcome> {
  const again = await subject.scratch.runTask(subject.command);
  await subject.settle();
  const second = { state: await subject.inspect(), status: again.status };
  return { ...outcome, second, said: `${outcome.said}--- again\n${again.stdout}${again.stderr}` };
}

/** Does to server or disk what the preload asked for. What it returns takes it back, and tells whether it was done. */
async function actOutside(
  subject: Subject,
  fault: Fault,
  { label }: Step,
  folder: string,
  running: Running,
): Promise<() => Promise<boolean>> {
  const isOutside = fault === 'server restarted' || fault === 'disk full';
  const cuts = fault === 'connection lost' && label.startsWith('$ ');
  if (!isOutside && !cuts) return () => Promise.resolve(true);
  let ended: Ran | undefined;
  void running.ended.then((ran) => (ended = ran));
  while (!existsSync(`${folder}/reached`)) {
    if (ended) return () => Promise.resolve(false);
    await sleep(5);
  }
  const go = (): void => writeFileSync(`${folder}/go`, '');
  if (cuts) {
    const stop = subject.cutSession();
    go();
    return stop;
  }
  if (fault === 'disk full') {
    const makeRoom = subject.fillDisk!();
    go();
    return () => Promise.resolve(makeRoom()).then(() => true);
  }
  const restarted = subject.restartServer();
  go();
  return () => restarted.then(() => true);
}
