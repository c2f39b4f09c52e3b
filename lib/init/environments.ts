import { basename, dirname } from 'node:path';

/** The compose files of one environment, as `-f` takes them. */
export interface FoundEnvironment {
  readonly name: string;
  readonly files: readonly string[];
}

const COMPOSE_FILE = /^(?:docker-)?compose(?:[._-](.+))?\.ya?ml$/;

export const isComposeFile = (path: string): boolean =>
  COMPOSE_FILE.test(basename(path)) && suffixOf(path) !== 'override';

/** `prod` of `docker-compose.prod.yml`; undefined for a file that compose finds by itself. */
export const suffixOf = (path: string): string | undefined => basename(path).match(COMPOSE_FILE)?.[1];

/**
 * The environments that compose files stand for. A file with a database of its own is one; one without it changes the
 * file beside it that compose finds by itself. That one is an environment of its own where no other is for development.
 */
export function groupFiles(
  paths: readonly string[],
  hasDatabase: (files: readonly string[]) => boolean,
): FoundEnvironment[] {
  const found = paths.flatMap((path): FoundEnvironment[] => {
    const suffix = suffixOf(path);
    if (suffix === undefined) return [];
    const base = baseOf(path, paths);
    const files = hasDatabase([path]) || base === undefined ? [path] : [base, path];
    return hasDatabase(files) ? [{ name: environmentName(suffix), files }] : [];
  });
  const bases = paths.filter((path) => suffixOf(path) === undefined && hasDatabase([path]));
  const isTaken = found.some(({ name }) => isLocal(name));
  return [...(isTaken ? [] : bases.map((path) => ({ name: 'dev', files: [path] }))), ...found];
}

const baseOf = (path: string, paths: readonly string[]): string | undefined =>
  paths.find((other) => suffixOf(other) === undefined && dirname(other) === dirname(path));

/** What compose and makesafe take for a name. */
const environmentName = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .replace(/^[_-]+/, '');

export const isLocal = (name: string): boolean => /^(local|dev)/.test(name);
export const isProtected = (name: string): boolean => /prod|prd|live/.test(name);

/** The files for environments that somebody named: those of that name, else those for development. */
export function filesFor(names: readonly string[], found: readonly FoundEnvironment[]): FoundEnvironment[] {
  return names.map((name) => {
    const own = found.find((one) => one.name === name) ?? found.find((one) => name.endsWith(`_${one.name}`));
    return { name, files: (own ?? found.find((one) => isLocal(one.name)) ?? found[0])?.files ?? [] };
  });
}
