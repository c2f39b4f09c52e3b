import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CancelledError, messageOf } from '../errors.ts';
import type { Origin } from '../parameters/parameter.ts';
import { NOTHING, planHash, type Plan } from '../stack/plan.ts';
import type { Passed } from './facts/facts.ts';
import { person } from '../system/person.ts';
import { append, journalFile } from './record/entries.ts';
import type { End, RecordedPlan, Start } from './record/entry.ts';

/**
 * Runs the action between two lines of the journal: start and end.
 *
 * @throws RefusedError if the first line cannot be written: then the action does not run
 */
export async function onRecord(
  passed: Passed,
  {
    notes,
    ...known
  }: Pick<Start, 'checks' | 'backup' | 'revision'> & {
    readonly origins: Readonly<Record<string, Origin>>;
    /** What the action left out or did differently. The action adds to it while it runs. */
    readonly notes: readonly string[];
  },
  action: () => Promise<void>,
): Promise<void> {
  const { terminal, signal, root, environment } = passed;
  const file = journalFile(root, environment.name);
  const start = startLine(passed, known);
  append(file, start, terminal.redactor);
  const began = performance.now();
  const end = (outcome: End['outcome'], error?: string): void => {
    const seconds = Math.round((performance.now() - began) / 10) / 100;
    const line: End = { event: 'end', run: start.run, time: new Date().toISOString(), outcome, seconds };
    try {
      const said = {
        ...line,
        ...(error === undefined ? {} : { error }),
        ...(notes.length === 0 ? {} : { notes: notes.slice(0, MOST_NOTES) }),
      };
      append(file, said, terminal.redactor);
    } catch (unwritten) {
      // The action has already ended, so this is a warning and not a refusal.
      terminal.warn(`how it ended is not on record: ${messageOf(unwritten)}`);
    }
  };
  try {
    await action();
  } catch (error) {
    end(signal.aborted || error instanceof CancelledError ? 'cancelled' : 'failed', messageOf(error));
    throw error;
  }
  end('done');
}

/** The most notes that one line of the journal keeps. */
const MOST_NOTES = 1000;

const recorded = (plan: Plan): RecordedPlan => {
  const { volumes, folders, containers, networks, stays } = plan;
  return { hash: planHash(plan), volumes, folders, containers, networks, stays };
};

function startLine(
  { task, values, environment, target, plan, facts: { contents } }: Passed,
  { origins, ...known }: Omit<Parameters<typeof onRecord>[1], 'notes'>,
): Start {
  const { engine, host, project, server = null, storage, database } = target;
  const given = Object.entries(values).filter(([name, value]) => value !== undefined && origins[name]);
  return {
    ...{ event: 'start', run: randomUUID(), time: new Date().toISOString() },
    ...{ user: person(), host: hostname(), environment: environment.name },
    ...(environment.alias === undefined ? {} : { typed: environment.alias }),
    task: task.name,
    parameters: Object.fromEntries(given.map(([name, value]) => [name, { value, origin: origins[name]! }])),
    target: {
      ...{ engine, host, project, server, storage, database },
      systemIdentifier: contents?.systemIdentifier ?? null,
      size: contents?.size ?? null,
      tables: contents?.tables ?? null,
      rows: contents?.rows ?? null,
      revisions: contents?.revisions ?? null,
    },
    ...(plan === NOTHING ? {} : { plan: recorded(plan) }),
    ...known,
  };
}
