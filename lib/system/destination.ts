import { accessSync, constants, lstatSync, realpathSync, statSync, statfsSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FailedError, RefusedError, UsageError } from '../errors.ts';
import { cannotBeWritten, type Seen } from './place.ts';
import { isThere, kindOf } from './read-bounded.ts';
import { isSystemError } from './reason.ts';

/** What one of our tasks writes where a person says. */
export interface KindOfFile {
  /** `a schema dump of makesafe or pg_dump` */
  readonly what: string;
  /** Whether a file is one. It is small or large, and may be anything. */
  readonly isOne: (file: string) => boolean | Promise<boolean>;
}

/** Where a file will be written, once it has been looked at. */
export interface Destination {
  /** Absolute, with the links in its folders followed. */
  readonly path: string;
  /** What will be replaced; `nothing` for a new file. */
  readonly over: Seen | 'nothing';
}

/**
 * Looks at where a person wants a file to be written, before the work begins: a new file, or one of this kind that is
 * replaced. Links to a folder are followed, and the rules are those of the place that they lead to; a link in the place
 * of the file itself never is, for it says that the file belongs elsewhere.
 *
 * @param given as it was typed
 * @param name of the parameter, for messages
 * @param usual a value that would do, for the remedy
 * @param root the project's folder
 * @throws RefusedError when something is there that is not ours to replace, or the place is not for files like this
 * @throws FailedError when it cannot be written
 */
export async function lookAtDestination(
  given: string,
  name: string,
  kind: KindOfFile,
  usual: string,
  root: string = process.cwd(),
): Promise<Destination> {
  if (given.trim() === '' || given.includes('\0')) throw new UsageError(`${name} is not the name of a file`);
  if (/[/\\]$|(^|\/)\.{1,2}$/.test(given))
    throw new FailedError(`${given} cannot be written: EISDIR, it is a folder`, { hint: `${name}=${usual}` });
  try {
    const path = join(realFolder(dirname(resolve(given))), basename(resolve(given)));
    const refuse = (why: string, hint?: string): RefusedError =>
      new RefusedError(`${name}=${given} is refused: ${why}; nothing was written`, {
        hint: hint ?? `name a new file: ${name}=${usual}`,
      });
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory())
      throw new FailedError(`${given} cannot be written: EISDIR, it is a folder`, {
        hint: `${name}=${usual}`,
      });
    if (found && !found.isFile()) throw refuse(`it is ${kindOf(found)}, not a file`);
    const reserved = reservedFor(path, root);
    if (reserved !== undefined) throw refuse(reserved);
    mustBeWritable(dirname(path));
    if (!found) return { path, over: 'nothing' };
    if (found.uid !== (process.getuid?.() ?? found.uid)) throw refuse('it is a file of another user');
    if (found.nlink > 1) throw refuse('the file has another name as well (a hard link)');
    // Holds nothing: what `mktemp` makes, and what the shell left of a dump that failed.
    if (found.size > 0 && !(await kind.isOne(path)))
      throw refuse(
        `it exists, and is not ${kind.what}`,
        `name a new file: ${name}=${usual}; or move that one away`,
      );
    return { path, over: found };
  } catch (error) {
    if (isSystemError(error)) throw cannotBeWritten(given, error);
    throw error;
  }
}

/**
 * Looks at where a person wants a folder of ours to be, which may exist.
 *
 * @throws RefusedError when it is where something else is kept
 * @throws FailedError when nothing can be written there
 */
export function lookAtFolder(given: string, name: string, usual: string, root: string): void {
  try {
    const folder = realFolder(resolve(given));
    const why = reservedFolder(folder, root);
    // How much room a backup needs is for `checkSpace` to say.
    if (why === undefined) return void mayEnter(folder);
    throw new RefusedError(`${name}=${given} is refused: ${why}; nothing was written`, {
      hint: `name another folder: ${name}=${usual}`,
    });
  } catch (error) {
    if (isSystemError(error)) throw cannotBeWritten(given, error);
    throw error;
  }
}

/** With the links in it followed, as far as it exists; what does not exist will be made. */
function realFolder(folder: string): string {
  if (isThere(folder) || folder === dirname(folder)) {
    const real = realpathSync(folder);
    if (statSync(real).isDirectory()) return real;
    throw Object.assign(new Error(`ENOTDIR: ${folder}`), { code: 'ENOTDIR', syscall: 'open' });
  }
  return join(realFolder(dirname(folder)), basename(folder));
}

/** @returns the folder, or the nearest one above it that exists */
function mayEnter(folder: string): string {
  let existing = folder;
  while (!isThere(existing)) existing = dirname(existing);
  accessSync(existing, constants.W_OK | constants.X_OK);
  return existing;
}

function mustBeWritable(folder: string): void {
  const { bfree, bavail, files, ffree } = statfsSync(mayEnter(folder));
  const free = process.getuid?.() === 0 ? bfree : bavail;
  // Some file systems make room for files as they are needed, and count none.
  if (free === 0 || (files > 0 && ffree === 0))
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'open' });
}

/** Where the machine keeps what it runs on. */
const OF_THE_SYSTEM = ['/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/sbin', '/sys', '/usr'];

/** In the project's folder; what else is there, people and git see. */
const OF_THE_PROJECT: Readonly<Record<string, string>> = {
  env: 'the configuration is',
  secrets: 'the secrets are',
  journal: 'the journal is',
  '.embedded': 'databases are',
};

/** In any folder above. */
const OF_PROGRAMS: Readonly<Record<string, string>> = {
  '.git': "git's own files are",
  node_modules: 'programs are',
};

/** What programs read by its name: no dump or report is called so but by mistake. */
const READ_BY_NAME = /^(GNU)?makefile$|^(docker|container)file|^(docker-)?compose\b|^procfile$/i;
const SOURCES =
  /^\.(ts|tsx|mts|cts|js|jsx|mjs|cjs|py|pyc|rb|go|rs|java|c|h|cc|cpp|php|pl|sh|bash|zsh|fish|mk|mak|ya?ml|json|jsonl|toml|ini|cfg|conf|env|secrets|lock|mako|service|pem|key|crt|so|exe|dll)$/i;

/**
 * Why a place is not for files like ours; undefined where it is. Also for a file that is new: one that make, git or a
 * server reads is no report.
 */
function reservedFor(path: string, root: string): string | undefined {
  const name = basename(path);
  if (name.startsWith('.')) return 'a name that begins with a dot is for settings';
  if (READ_BY_NAME.test(name)) return `programs read ${name} by its name`;
  if (SOURCES.test(extname(name))) return `names that end in ${extname(name)} are for sources and settings`;
  return reservedFolder(dirname(path), root);
}

/** Why a folder is not for files like ours; undefined where it is. The folder is absolute, without links. */
function reservedFolder(folder: string, root: string): string | undefined {
  const real = isThere(root) ? realpathSync(root) : root;
  const inside = relative(real, folder);
  const isInside = !isAbsolute(inside) && inside.split(sep)[0] !== '..';
  const first = inside.split(sep)[0]!;
  if (isInside && Object.hasOwn(OF_THE_PROJECT, first)) return `${first} is where ${OF_THE_PROJECT[first]}`;
  const program = folder.split(sep).find((part) => Object.hasOwn(OF_PROGRAMS, part));
  if (program !== undefined) return `${program} is where ${OF_PROGRAMS[program]}`;
  const system = OF_THE_SYSTEM.find((one) => folder === one || folder.startsWith(one + sep));
  if (system !== undefined && !folder.startsWith('/dev/shm')) return `${system} is the system's`;
  for (let above = folder; above !== dirname(above); above = dirname(above))
    if (isThere(join(above, 'PG_VERSION'))) return `${above} is a server's storage`;
  return undefined;
}
