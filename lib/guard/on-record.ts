import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CancelledError, messageOf } from '../errors.ts';
import type { Origin } from '../parameters/parameter.ts';
import { NOTHING, planHash, type Plan } from '../stack/plan.ts';
import type { Passed } from './facts/facts.ts';
import { person } from './record/person.ts';
import { append, journalFile } from './record/entries.ts';
import type { End, RecordedPlan, Start } from './record/entry.ts';

/**
 * Does it between two lines of the journal.
 *
 * @throws RefusedError when the first line cannot be written: then it is not done
 */
export async function onRecord(
  passed: Passed,
  {
    notes,
    ...known
  }: Pick<Start, 'checks' | 'backup' | 'revision'> & {
    readonly origins: Readonly<Record<string, Origin>>;
    /** What was left out or done otherwise, as the action goes on. */
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
      // By now it is done, or has failed for a reason of its own: no refusal.
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

/** As many as nobody reads. */
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
