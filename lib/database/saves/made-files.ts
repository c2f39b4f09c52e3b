import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { repositoryOf } from '../../environment/repository.ts';
import type { StackRun } from '../../run/run.ts';
import { removeFile, writeWhole } from '../../system/files.ts';
import { readJsonIfThere, UnreadableError } from '../../system/read-bounded.ts';
import { stateFolder } from '../../system/state-folder.ts';
import { stateOf, type Mark } from '../replace/names.ts';
import { limitsOf } from './limits.ts';
import { surplus } from './surplus.ts';

/** What is written beside a file of what a rebuild has made. Other checkouts of the repository take it from there. */
export interface FileMark extends Mark {
  /** The folder of the checkout that has made it. */
  readonly checkout: string;
  /** SHA-256 of the database's attributes: owner, settings, privileges, comment. */
  readonly attributes: string;
  /** See `readGlobals`. */
  readonly globals: readonly string[];
  /** Of all that is in it: see `contentFingerprint`. */
  readonly fingerprint: string;
  /** What making it from nothing has taken. */
  readonly seconds: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

/** The environment whose rebuilds make them, in a checkout of the repository. */
type Of = Pick<StackRun, 'root' | 'environment'>;

/** A file, and what it is of. */
export interface MadeFile {
  readonly path: string;
  readonly mark: FileMark;
  /** Bytes. */
  readonly size: number;
}

/** Bytes of all files of an environment, if the registry's `saves` does not say less. */
const MOST = 1e9;
/** Milliseconds after which a part without the other is of a run that was killed. */
const LEFT = 3_600_000;

/** The folder of an environment's files; undefined outside of a repository. */
export function folderOf({ root, environment }: Of): string | undefined {
  const repository = repositoryOf(root);
  return repository && join(stateFolder(), 'rebuilds', repository, environment.name);
}

/** Bytes that the files of an environment may take together. */
export const mostBytes = ({ environment }: Of): number => Math.min(limitsOf(environment.entry).bytes, MOST);

/**
 * The files of this repository, the latest first. Runs what is in them with our rights, so those are passed over that
 * another account owns or can write.
 */
export function readFiles(run: Of): MadeFile[] {
  const folder = folderOf(run);
  if (folder === undefined || !isOurs(statsOf(folder), 'folder')) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readFile(join(folder, name)) ?? [])
    .sort((a, b) => b.mark.since.localeCompare(a.mark.since));
}

function readFile(json: string): MadeFile | undefined {
  const path = json.replace(/\.json$/, '');
  const stats = statsOf(path);
  if (!isOurs(stats, 'file') || !isOurs(statsOf(json), 'file')) return undefined;
  try {
    const mark = asMark(readJsonIfThere(json));
    return mark && path.endsWith(`/${fileName(mark)}`) ? { path, mark, size: stats!.size } : undefined;
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

/** @returns undefined if it is none, or of a version that has written less */
export function asMark(found: unknown): FileMark | undefined {
  const mark = (found ?? {}) as Partial<FileMark>;
  const isTexts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((one) => typeof one === 'string');
  const isMark =
    mark.kind === 'made' &&
    [mark.label, mark.checkout, mark.attributes, mark.fingerprint, mark.sha256].every(
      (one) => typeof one === 'string',
    ) &&
    [mark.globals, mark.late, mark.revisions].every(isTexts) &&
    typeof mark.seconds === 'number' &&
    (mark.seed === undefined || typeof mark.seed === 'string') &&
    !Number.isNaN(Date.parse(mark.since ?? ''));
  return isMark ? (mark as FileMark) : undefined;
}

const statsOf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** Pure but for the account. */
export const isOurs = (stats: Stats | undefined, what: 'file' | 'folder'): boolean =>
  stats !== undefined &&
  (what === 'file' ? stats.isFile() : stats.isDirectory()) &&
  stats.uid === process.getuid?.() &&
  (stats.mode & 0o022) === 0;

export const fileName = (mark: Pick<Mark, 'label' | 'seed'>): string => `${stateOf(mark)}.sql.gz`;

/** Writes the mark behind the file that it is of: a file without one is none. */
export const writeMark = (path: string, mark: FileMark): Promise<void> =>
  writeWhole(`${path}.json`, 0o600, (output) => void output.write(`${JSON.stringify(mark, null, 2)}\n`));

/** Removes what is too old or too much, and what killed runs have left. @param current what a rebuild has just made or taken */
export function tidyFiles(run: Of, current?: Pick<Mark, 'label' | 'seed'>): void {
  const folder = folderOf(run);
  if (folder === undefined || !isOurs(statsOf(folder), 'folder')) return;
  const all = readFiles(run);
  const room = { ...limitsOf(run.environment.entry), bytes: mostBytes(run) };
  const gone = surplus(all, { ...room, saved: 0, current, now: Date.now() });
  for (const { path } of gone) for (const file of [`${path}.json`, path]) removeFile(file);
  const whole = new Set(all.flatMap(({ path }) => [path, `${path}.json`]));
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = statsOf(path);
    if (stats && !whole.has(path) && Date.now() - stats.mtimeMs > LEFT) removeFile(path);
  }
}
