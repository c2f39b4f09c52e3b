import { accessSync, constants, lstatSync, realpathSync, statSync, statfsSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { FailedError, RefusedError, UsageError } from '../errors.ts';
import { cannotBeWritten, type Seen } from './place.ts';
import { isThere, kindOf } from './read-bounded.ts';
import { isSystemError } from './reason.ts';

/** A kind of file that a task writes to a path of the person's choice. */
export interface KindOfFile {
  /** `a schema dump of makesafe or pg_dump` */
  readonly what: string;
  /** Whether an existing file is of this kind. The file may have any size and content. */
  readonly isOne: (file: string) => boolean | Promise<boolean>;
}

/** A checked path for a new file. */
export interface Destination {
  /** Absolute, with symbolic links in its folders resolved. */
  readonly path: string;
  /** The file that will be replaced; `nothing` for a new file. */
  readonly over: Seen | 'nothing';
}

/**
 * Checks, before the work begins, a path to which a file will be written. The file must be new, or of this kind; then
 * it is replaced. Symbolic links to a folder are resolved, and the rules apply to their target. A symbolic link in
 * place of the file itself is refused: it means that the file belongs elsewhere.
 *
 * @param given the path as it was typed
 * @param name the parameter's name, for messages
 * @param usual a value that would be accepted, for the hint
 * @param root the project's folder
 * @throws RefusedError if the existing file may not be replaced, or the folder is reserved for something else
 * @throws FailedError if the path cannot be written
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
    // An empty file may be replaced: `mktemp` makes one, and so does `>` in front of a dump that failed.
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
 * Checks a folder to which makesafe will write. It may exist.
 *
 * @throws RefusedError if the folder is reserved for something else
 * @throws FailedError if it cannot be written
 */
export function lookAtFolder(given: string, name: string, usual: string, root: string): void {
  try {
    const folder = realFolder(resolve(given));
    const why = reservedFolder(folder, root);
    // Free space is checked elsewhere, by `checkSpace`.
    if (why === undefined) return void mayEnter(folder);
    throw new RefusedError(`${name}=${given} is refused: ${why}; nothing was written`, {
      hint: `name another folder: ${name}=${usual}`,
    });
  } catch (error) {
    if (isSystemError(error)) throw cannotBeWritten(given, error);
    throw error;
  }
}

/** The folder with symbolic links resolved, as far as it exists. The rest will be created. */
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
  // Some file systems create inodes on demand and report 0 of them.
  if (free === 0 || (files > 0 && ffree === 0))
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'open' });
}

/** Folders of the operating system. */
const OF_THE_SYSTEM = ['/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/sbin', '/sys', '/usr'];

/** Reserved folders of the project. Any other folder there is visible to people and git. */
const OF_THE_PROJECT: Readonly<Record<string, string>> = {
  env: 'the configuration is',
  secrets: 'the secrets are',
  journal: 'the journal is',
  '.embedded': 'databases are',
};

/** Reserved names of folders at any level. */
const OF_PROGRAMS: Readonly<Record<string, string>> = {
  '.git': "git's own files are",
  node_modules: 'programs are',
};

/** Names that programs read. A dump or report with such a name can only be a mistake. */
const READ_BY_NAME = /^(GNU)?makefile$|^(docker|container)file|^(docker-)?compose\b|^procfile$/i;
const SOURCES =
  /^\.(ts|tsx|mts|cts|js|jsx|mjs|cjs|py|pyc|rb|go|rs|java|c|h|cc|cpp|php|pl|sh|bash|zsh|fish|mk|mak|ya?ml|json|jsonl|toml|ini|cfg|conf|env|secrets|lock|mako|service|pem|key|crt|so|exe|dll)$/i;

/** Why a file of ours may not have this path; undefined if it may. Names that make or git read are refused, too. */
function reservedFor(path: string, root: string): string | undefined {
  const name = basename(path);
  if (name.startsWith('.')) return 'a name that begins with a dot is for settings';
  if (READ_BY_NAME.test(name)) return `programs read ${name} by its name`;
  if (SOURCES.test(extname(name))) return `names that end in ${extname(name)} are for sources and settings`;
  return reservedFolder(dirname(path), root);
}

/** Why the folder is reserved; undefined if it is not. `folder` is absolute, without symbolic links. */
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
