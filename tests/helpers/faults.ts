/** What can happen to a run, where it can happen, and what counts as a loss. */

export const FAULTS = [
  'task killed',
  'child killed',
  'connection lost',
  'error answer',
  'disk full',
  'server restarted',
] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * A statement, a child process as `$ command`, or a question to the engine as `engine GET /path`; what differs from run
 * to run is taken out of it.
 */
export interface StepName {
  readonly label: string;
  /** From 1, among those of the same label: what runs at the same time has no order. */
  readonly nth: number;
}

export interface Step extends StepName {
  /** Milliseconds in a run in which nothing goes wrong. */
  readonly time: number;
}

/** What the preload is told. */
export interface FaultOrder {
  /** None only writes down the steps. */
  readonly step: StepName | undefined;
  readonly kind: Fault;
  /** Where both processes leave signs for each other. */
  readonly folder: string;
  /** Milliseconds that a child lives before it is killed. */
  readonly delay: number;
  /** Texts that are another one in each copy of the project, and what stands for them in a label. */
  readonly names: readonly (readonly [string, string])[];
}

/** Where the thing is that a command changes, after a fault. */
export type State = 'old' | 'new' | { readonly between: string };

export interface Outcome {
  /** It did happen: the step was reached, and whoever was to be hit was hit. */
  readonly met: boolean;
  /** What stood there after the fault. */
  readonly first: State;
  readonly status: number;
  /** After the same command again; undefined while that is still to come. */
  readonly second: { readonly state: State; readonly status: number } | undefined;
  /** Output of both runs, for a failure. */
  readonly said: string;
}

const isChild = (label: string): boolean => label.startsWith('$ ');
const asksEngine = (label: string): boolean => label.startsWith('engine ');
/** Children with a session of their own at the server. The relay has none but that of our statements. */
const holdsSession = (label: string): boolean =>
  /pg-dump-program|alembic .*upgrade|\b(pg_dump|pg_restore|psql)\b.* (-d|--dbname)\b/.test(label);
const onlyReads = (label: string): boolean =>
  isChild(label) || asksEngine(label) ? !holdsSession(label) : /^(SELECT|SHOW|SET)\b/.test(label);

/**
 * Whether a fault can happen at a step at all: a statement has no child, and `git` no connection. A disk that is full
 * while something is only read is full at the next step that writes, and a server that is restarted while the engine is
 * asked has been at the next statement; so that is tried there, and what a disk is, at the first step as well.
 */
export function applies(fault: Fault, { label }: StepName, isFirst: boolean): boolean {
  const child = isChild(label);
  const statement = !child && !asksEngine(label);
  switch (fault) {
    case 'task killed':
    case 'error answer':
      return true;
    case 'child killed':
      return child;
    case 'connection lost':
      return !child || holdsSession(label);
    case 'server restarted':
      return statement || holdsSession(label);
    case 'disk full':
      return isFirst || !onlyReads(label);
  }
}

/** The last step that holds a text: where a test of a few steps has its fault. */
export function stepOf(steps: readonly Step[], text: string): Step {
  const step = steps.findLast(({ label }) => label.includes(text));
  if (!step) throw new Error(`no step holds ${text}:\n${steps.map(({ label }) => label).join('\n')}`);
  return step;
}

const name = (state: State): string => (typeof state === 'string' ? state : state.between);

/** A cell of the table, and whether it is a failure: whatever is not whole before the next run must be after it. */
export function judge({ met, first, second }: Outcome): { cell: string; failed: boolean } {
  if (!met) return { cell: 'FAILED (the fault did not happen)', failed: true };
  if (second && (second.state !== 'new' || second.status !== 0))
    return { cell: `FAILED (${name(first)} → ${name(second.state)}, ${second.status})`, failed: true };
  return { cell: typeof first === 'string' ? `${first} whole` : 'repaired', failed: false };
}
