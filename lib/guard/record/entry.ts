import type { Origin } from '../../parameters/parameter.ts';
import type { Plan } from '../../stack/plan.ts';
import type { Storage } from '../../stack/stack.ts';

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const areTexts = (given: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof given[name] === 'string');
const isNullOr = (type: string, value: unknown): boolean => value === null || typeof value === type;

/** The fields that identify a storage, by kind. */
const STORAGE: Readonly<Record<string, readonly string[]>> = {
  volume: ['name'],
  device: ['name'],
  bind: ['source', 'data'],
  folder: ['path'],
  server: ['address'],
  tmpfs: [],
  container: [],
  none: [],
};

function isTarget(value: unknown): boolean {
  if (!isRecord(value) || !areTexts(value, ['engine', 'host', 'project', 'database'])) return false;
  const { storage, revisions, systemIdentifier, tables } = value;
  if (!isRecord(storage) || typeof storage['kind'] !== 'string' || !Object.hasOwn(STORAGE, storage['kind']))
    return false;
  return (
    areTexts(storage, STORAGE[storage['kind']]!) &&
    isNullOr('string', systemIdentifier) &&
    isNullOr('number', tables) &&
    (revisions === null || (Array.isArray(revisions) && revisions.every((one) => typeof one === 'string')))
  );
}

/** Whether this is a line of a journal as makesafe writes it. The file may have been edited, so nothing is assumed. */
export function isEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value) || !areTexts(value, ['run', 'time'])) return false;
  if (value['event'] === 'end') {
    const { outcome, error, seconds, notes = [] } = value;
    const known = ['done', 'failed', 'cancelled'].includes(String(outcome));
    const areNotes = Array.isArray(notes) && notes.every((note) => typeof note === 'string');
    return known && areNotes && typeof seconds === 'number' && ['undefined', 'string'].includes(typeof error);
  }
  const { parameters, target, backup } = value;
  return (
    value['event'] === 'start' &&
    areTexts(value, ['user', 'host', 'environment', 'task']) &&
    isRecord(parameters) &&
    Object.values(parameters).every((one) => isRecord(one) && typeof one['origin'] === 'string') &&
    isTarget(target) &&
    isNullOr('string', backup)
  );
}

/** The line that is written before the action. */
export interface Start {
  readonly event: 'start';
  /** The same in the end line of this run. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly user: string;
  readonly host: string;
  readonly environment: string;
  /** The alias that was typed. */
  readonly typed?: string;
  readonly task: string;
  readonly parameters: Readonly<Record<string, { readonly value: unknown; readonly origin: Origin }>>;
  readonly target: JournalTarget;
  /** What the screen showed as removed, in addition to the database. */
  readonly plan?: RecordedPlan;
  /** Names of the checks that were passed, in order. */
  readonly checks: readonly string[];
  /** The path of the backup; `skip` with BACKUP=skip; null if none was needed. */
  readonly backup: string | null;
  /** The commit of this repository, with `-dirty` if files differ from it. */
  readonly revision: string | null;
}

export interface End {
  readonly event: 'end';
  readonly run: string;
  readonly time: string;
  readonly outcome: 'done' | 'failed' | 'cancelled';
  readonly error?: string;
  readonly seconds: number;
  /** What was left out or done differently, one sentence each. */
  readonly notes?: readonly string[];
}

export type JournalEntry = Start | End;

/** What the screen showed, by name and id, and a hash over all of it. */
export type RecordedPlan = Pick<Plan, 'volumes' | 'folders' | 'containers' | 'networks' | 'stays'> & {
  readonly hash: string;
};

export interface JournalTarget {
  readonly engine: string;
  readonly host: string;
  readonly project: string;
  readonly server: string | null;
  readonly storage: Storage;
  readonly database: string;
  readonly systemIdentifier: string | null;
  readonly size: number | null;
  readonly tables: number | null;
  readonly rows: number | null;
  readonly revisions: readonly string[] | null;
}
