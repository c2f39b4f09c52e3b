import { basename, dirname, extname } from 'node:path';
import {
  environmentOfEnvFile,
  isBase,
  isFoundByCompose,
  isOverride,
  type FoundFile,
  type Unreadable,
} from './compose-files.ts';
import { baseOf } from './environments.ts';
import type { FoundEnvironment } from './found-environment.ts';
import type { Variables } from './inspect.ts';
import { isPlainlyLocal, isSameKind } from './words.ts';

/** A compose file, and what init does with it. */
export interface Fate {
  readonly path: string;
  readonly became: string;
}

/** What the env files lack, with the place that needs it. */
export function remarksOn(
  looked: readonly (FoundEnvironment & { readonly variables: Variables })[],
): string[] {
  return [
    ...looked.flatMap(({ name, variables }) => variables.missing.map((sentence) => `${name}: ${sentence}`)),
    ...new Set(
      looked.flatMap(({ variables, files }) =>
        variables.absent.map(({ path, example }) =>
          example === undefined
            ? `${files.join(' + ')} wants ${path}, which is not there`
            : `${files.join(' + ')} wants ${path}, which is not there: cp ${example} ${path}`,
        ),
      ),
    ),
  ];
}

/**
 * Env files of an environment that is not local and has no compose file: `.env.prod` beside one compose.yaml. The files
 * then run there, too, and `--env-file` chooses.
 */
export function remarksOnEnvFiles(all: readonly string[], looked: readonly FoundEnvironment[]): string[] {
  const folders = ['.', ...looked.flatMap(({ files }) => files.map((file) => dirname(file)))];
  const isNear = (path: string): boolean =>
    folders.includes(dirname(path)) || /^\.?envs?$/.test(basename(dirname(path)));
  const others = new Map<string, string>();
  for (const path of all.filter((one) => /^\.?env[._-]|\.env(\.|$)/.test(basename(one)) && isNear(one))) {
    const name = environmentOfEnvFile(path);
    if (name === undefined || isPlainlyLocal(name)) continue;
    if (![...others.keys(), ...looked.map((one) => one.name)].some((one) => isSameKind(one, name)))
      others.set(name, path);
  }
  const names = [...looked.map((one) => one.name), ...others.keys()].join(',');
  return [...others].map(
    ([name, path]) =>
      `${path} is for ${name}, which no compose file is for: ENVIRONMENTS=${names} makes it an environment`,
  );
}

/** Whether compose itself lays this override file over the other file. */
const overrides = (override: string, path: string): boolean =>
  dirname(override) === dirname(path) && isFoundByCompose(path);

/** What init does with each compose file, and why. */
export function fatesOf(
  found: readonly FoundFile[],
  unreadable: readonly Unreadable[],
  copies: readonly string[],
  looked: readonly FoundEnvironment[],
): Fate[] {
  const fate = (file: FoundFile): string => {
    const used = looked.filter(({ files }) => files.includes(file.path)).map(({ name }) => name);
    if (used.length > 0) return used.join(', ');
    if (isOverride(file.path)) {
      const over = looked.filter(({ files }) => files.length === 1 && overrides(file.path, files[0]!));
      if (over.length === 0) return 'not used: no environment takes the file that compose lays it over';
      return `${over.map(({ name }) => name).join(', ')}: laid over ${over[0]!.files[0]!}`;
    }
    if (file.unused !== undefined) return `not used: ${file.unused}`;
    const base = baseOf(file.path, found);
    const changed = found.find(({ path }) => path === base)?.services ?? [];
    if (!isBase(file) && file.means === undefined && file.services.some((one) => changed.includes(one)))
      return `not used: it changes ${base}, and no environment is in its name`;
    if (!file.hasDatabase) return 'not used: no database in it';
    return 'not used: another file is taken for that environment';
  };
  return [
    ...found.map((file) => ({ path: file.path, became: fate(file) })),
    ...copies.map((path) => ({ path, became: `not used: a template or a copy (${extname(path)})` })),
    ...unreadable.map(({ path, problem }) => ({ path, became: `not used: it cannot be read: ${problem}` })),
  ];
}
