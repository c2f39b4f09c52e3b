import { dirname } from 'node:path';
import { isBase, isOverride, sameName, type FoundFile } from './compose-files.ts';
import type { Candidate, FoundEnvironment } from './found-environment.ts';
import { chained, depending } from './together.ts';
import { isPlainlyLocal } from './words.ts';

/** Several groups of files that could be the same environment. */
interface Conflict {
  readonly name: string;
  readonly about: string;
  readonly candidates: readonly (readonly string[])[];
}

interface Grouping {
  readonly environments: readonly FoundEnvironment[];
  readonly conflicts: readonly Conflict[];
}

/** An environment whose files the person gave: `FILES=dev:storages.yaml+app.yaml`. */
export interface GivenFiles {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Groups compose files into environments.
 *
 * - A file with a database of its own is an environment. Its name comes from the file name, the folder or the env
 *   files.
 * - A file that cannot run alone, or has no database, is laid over the file that compose finds by itself, if its name
 *   is that of an environment.
 * - Files without such a name form one environment, if the repository gives them to compose together or one of them
 *   needs services of another.
 * - The file that compose finds by itself is `dev`. If another file is already for development, it is `main`, and
 *   protected, because nothing says that it is local.
 *
 * @param chains files that the repository itself gives to compose together
 */
export function groupFiles(
  all: readonly FoundFile[],
  given: readonly GivenFiles[] = [],
  chains: readonly (readonly string[])[] = [],
): Grouping {
  const live = all.filter(({ path, unused }) => unused === undefined && !isOverride(path));
  const named = live.flatMap((file) => candidateOf(file, live, chains));
  const bases = live.filter(
    (file) => isBase(file) && file.hasDatabase && !named.some((one) => one.file === file),
  );
  const taken = named.some(({ name }) => isLocal(name));
  const plain = bases.map((file): Candidate => {
    const name = taken ? 'main' : 'dev';
    if (file.sign !== undefined)
      return { name, files: [file.path], protected: true, because: file.sign, file };
    return taken
      ? { name, files: [file.path], protected: true, because: 'nothing says that it is local', file }
      : {
          ...{ name, files: [file.path], protected: false, file },
          because: 'its name is the one that compose takes by itself',
        };
  });
  const laidUnder = new Set(named.filter(({ files }) => files.length > 1).flatMap(({ files }) => files));
  // If other files are laid over `main`, it is not an environment of its own.
  const standing = plain.filter(({ files, name }) => !(name === 'main' && laidUnder.has(files[0]!)));
  const together = [...chains.flatMap((files) => chained(files, live, taken)), ...depending(live, chains)];
  const alone = named.filter(
    ({ file }) => file?.means !== undefined || !together.some(({ files }) => files.includes(file!.path)),
  );
  return settle([...standing, ...together, ...alone], given, live);
}

function candidateOf(
  file: FoundFile,
  live: readonly FoundFile[],
  chains: readonly (readonly string[])[],
): Candidate[] {
  const files = filesOf(file, live, chains);
  const hasDatabase = files.some((path) => live.find((one) => one.path === path)?.hasDatabase);
  if (!hasDatabase || (isBase(file) && file.means === undefined)) return [];
  // A file without such a name is an environment only if it has a database and can run alone.
  if (file.means === undefined && !(file.hasDatabase && file.isWhole)) return [];
  const name = file.means?.name ?? file.suffix;
  const guarded = file.sign !== undefined || !isPlainlyLocal(name);
  const because = isPlainlyLocal(name)
    ? (file.sign ?? file.means?.because)
    : `${name} is not plainly local${file.means === undefined || isSaid(file) ? '' : `: ${file.means.because}`}`;
  return [{ name, files, protected: guarded, because: because ?? '', file }];
}

const isSaid = ({ means }: FoundFile): boolean => means?.because.startsWith('its name') === true;

/** The file alone, or after the files that it is laid over. */
function filesOf(
  file: FoundFile,
  live: readonly FoundFile[],
  chains: readonly (readonly string[])[],
): readonly string[] {
  const chain = chains.find((one) => one.at(-1) === file.path);
  if (chain) return chain;
  if (file.hasDatabase && file.isWhole) return [file.path];
  const base = baseOf(file.path, live);
  return base === undefined || base === file.path ? [file.path] : [base, file.path];
}

/** The file that compose finds by itself, in the same folder or the nearest one above. */
export function baseOf(path: string, live: readonly FoundFile[]): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = live.find((one) => isBase(one) && dirname(one.path) === folder);
    if (found) return found.path;
    if (folder === '.') return undefined;
  }
}

/** Given files take precedence. If several groups still have the same name, that is a conflict to ask about. */
function settle(
  candidates: readonly Candidate[],
  given: readonly GivenFiles[],
  live: readonly FoundFile[],
): Grouping {
  const same = (one: readonly string[], other: readonly string[]): boolean =>
    one.join('\n') === other.join('\n');
  const inside = (one: readonly string[], other: readonly string[]): boolean =>
    one.every((path) => other.includes(path));
  const rest = candidates.filter(
    (one) =>
      !given.some(
        ({ name, files }) =>
          sameName(name, one.name) ||
          same(files, one.files) ||
          (one.file !== undefined && !isBase(one.file) && inside(one.files, files)),
      ),
  );
  const stated = given.map(({ name, files }): FoundEnvironment => {
    const isGuarded = !isPlainlyLocal(name);
    return {
      name,
      files,
      protected: isGuarded,
      because: isGuarded ? `${name} is not plainly local` : 'FILES',
    };
  });
  const names = [...new Set(rest.map(({ name }) => name))];
  const groups = names.map((name) => rest.filter((one) => one.name === name));
  return {
    environments: [...stated, ...groups.flatMap((group) => (group.length === 1 ? group : []))]
      .map(({ name, files, because, ...one }) => {
        const sign = one.protected ? undefined : signIn(files, live);
        return { name, files, protected: one.protected || sign !== undefined, because: sign ?? because };
      })
      .sort((a, b) => Number(a.protected) - Number(b.protected)),
    conflicts: groups
      .filter((group) => group.length > 1)
      .map((group) => ({
        name: group[0]!.name,
        about: `${group.map(({ files }) => files.join(' + ')).join(' and ')} both mean ${group[0]!.name}`,
        candidates: group.map(({ files }) => files),
      })),
  };
}

/** What shows that a local environment is one that others use. Any of its files can show it. */
function signIn(files: readonly string[], live: readonly FoundFile[]): string | undefined {
  for (const path of files) {
    const { sign, means } = live.find((one) => one.path === path) ?? {};
    if (sign !== undefined) return `${path}: ${sign}`;
    if (means !== undefined && !isPlainlyLocal(means.name)) return `${path}: ${means.because}`;
  }
  return undefined;
}

/** Whether the name says that the environment runs on a developer's own machine. */
export const isLocal = (name: string): boolean => /^(local|dev)/.test(name) && isPlainlyLocal(name);

/** The files for environments that the person named: those of that name, else those for development. */
export function filesFor(names: readonly string[], found: readonly FoundEnvironment[]): FoundEnvironment[] {
  return names.map((name) => {
    const own = found.find((one) => one.name === name) ?? found.find((one) => name.endsWith(`_${one.name}`));
    const taken = own ?? found.find((one) => isLocal(one.name)) ?? found[0];
    // A local name does not help if it takes the files of a protected environment.
    const isGuarded = !isPlainlyLocal(name) || (taken?.protected ?? false);
    const because = isPlainlyLocal(name)
      ? (taken?.because ?? 'its name says so')
      : `${name} is not plainly local`;
    return { name, files: taken?.files ?? [], protected: isGuarded, because };
  });
}
