import type { Entry } from './entries.ts';

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const areTexts = (given: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof given[name] === 'string');
const isNullOr = (type: string, value: unknown): boolean => value === null || typeof value === type;

/** What each kind of storage is told from others by. */
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

/** A line of a journal as this tool writes it. Whoever has edited it may have left anything. */
export function isEntry(value: unknown): value is Entry {
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
