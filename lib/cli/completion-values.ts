import { readdirSync, type Dirent } from 'node:fs';
import { basename, join } from 'node:path';
import { readBackups } from '../database/backup/backups.ts';
import { namesOf } from '../environment/names.ts';
import type { Registry } from '../environment/entry.ts';
import { readRaw } from '../repository/compose-yaml.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { readText } from '../system/read-bounded.ts';

/** What is known when a value is completed. */
export interface Typed {
  readonly root: string;
  readonly registry: Registry;
  readonly tasks: readonly string[];
  /** The words before the current one. */
  readonly words: readonly string[];
}

/**
 * Possible values of `NAME=`.
 *
 * @param value the part that has been typed
 */
export function valuesOf(
  name: string,
  parameter: Parameter | undefined,
  value: string,
  typed: Typed,
): string[] {
  const { registry, tasks } = typed;
  const environments = Object.keys(registry.environments);
  if (name === 'ENV') return environments;
  if (name === 'BASE') return [...environments, 'migrations', ...files(value)];
  if (parameter?.flag) return ['1', '0'];
  switch (parameter?.placeholder) {
    case '<environment>':
      return environments;
    case '<task>':
      return [...tasks];
    case '<service>':
      return services(typed);
    case '<revision>':
      return ['head', 'base', ...revisions(typed.root)];
    case '<file>':
      return name === 'DUMP' ? [...dumps(typed), ...files(value)] : files(value);
    case '<folder>':
      return files(value).filter((path) => path.endsWith('/'));
    case undefined:
    default:
      // The placeholder of a choice lists its words.
      return parameter?.placeholder.match(/^[\w-]+([|,][\w-]+)+$/) ? parameter.placeholder.split(/[|,]/) : [];
  }
}

const given = (words: readonly string[], name: string): string | undefined =>
  words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);

/** The entries of a folder; empty if it cannot be read. */
function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The files of the typed folder; folders end with a slash. */
function files(value: string): string[] {
  const folder = value.slice(0, value.lastIndexOf('/') + 1);
  const hidden = value.slice(folder.length).startsWith('.');
  return entries(folder === '' ? '.' : folder)
    .filter((entry) => hidden || !entry.name.startsWith('.'))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort();
}

/** Backups of the typed environment, or of all, the newest first. */
function dumps({ words, registry }: Typed): string[] {
  const folder = given(words, 'BACKUP_DIR') ?? 'backups';
  const wanted = given(words, 'ENV');
  const isOf = (environment: string): boolean =>
    wanted === undefined || !Object.hasOwn(registry.environments, wanted) || environment === wanted;
  return readBackups(folder)
    .filter(({ facts }) => isOf(facts.environment))
    .map(({ file }) => join(folder, basename(file)));
}

function services({ root, registry, words }: Typed): string[] {
  const wanted = given(words, 'ENV') ?? registry.default;
  const entry = registry.environments[wanted];
  if (entry?.stack !== 'compose') return entry ? ['db'] : [];
  const found = namesOf(root, registry, wanted).composeFiles.flatMap((file) => {
    try {
      return Object.keys(readRaw(root, file).services ?? {});
    } catch {
      return [];
    }
  });
  return [...new Set(found)];
}

/** Deeper than the revisions of any repository that we have seen. */
const DEEPEST = 7;
const NOT_THEIRS = new Set(['node_modules', 'venv', 'data', 'site-packages', '__pycache__', 'tests']);

/** Revision ids from the files in folders called `versions`. Alembic itself would be too slow for completion. */
function revisions(root: string): string[] {
  const folders = (folder: string, depth: number): string[] =>
    entries(folder).flatMap((entry) => {
      if (!entry.isDirectory() || entry.name.startsWith('.') || NOT_THEIRS.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.name === 'versions') return [path];
      return depth < DEEPEST ? folders(path, depth + 1) : [];
    });
  return folders(root, 1)
    .flatMap((folder) =>
      entries(folder)
        .filter(({ name }) => name.endsWith('.py'))
        .map(({ name }) => join(folder, name)),
    )
    .sort()
    .reverse()
    .flatMap((file) => {
      try {
        return (
          readText(file, { as: file }).match(/^revision(?:\s*:\s*\w+)?\s*=\s*["']([\w.-]+)["']/m)?.[1] ?? []
        );
      } catch {
        return [];
      }
    });
}
