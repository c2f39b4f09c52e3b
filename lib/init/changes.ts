import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { FailedError } from '../errors.ts';
import { mayStand, type Seen } from '../system/place.ts';
import type { Terminal } from '../output/terminal.ts';
import { isThere, readTextIfThere } from '../system/read-bounded.ts';

/** A file before and after the change. */
export interface Change {
  readonly path: string;
  /** Undefined for a file that does not exist. */
  readonly before: string | undefined;
  readonly after: string;
}

const contentOf = (root: string, path: string): string | undefined =>
  readTextIfThere(join(root, path), { as: path });

/** A new file; no change if the file exists. */
export function create(root: string, path: string, after: string): Change[] {
  return isThere(join(root, path)) ? [] : [{ path, before: undefined, after }];
}

/** Lines at the end of a file, which is created if needed; no change if `isDone` is true of its text. */
export function append(
  root: string,
  path: string,
  text: string,
  isDone: (before: string) => boolean,
): Change[] {
  const before = contentOf(root, path);
  if (text === '' || isDone(before ?? '')) return [];
  const end = before === undefined || before === '' || before.endsWith('\n') ? '' : '\n';
  return [{ path, before, after: `${before ?? ''}${end}${text}` }];
}

/** Those of some lines that the file does not have. */
export function missingLines(root: string, path: string, lines: readonly string[]): string {
  const plain = (line: string): string => line.trim().replace(/^\/|\/$/g, '');
  const known = new Set((contentOf(root, path) ?? '').split('\n').map(plain));
  return lines
    .filter((line) => !known.has(plain(line)))
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Checks a file before it is written.
 *
 * @returns what is there now
 * @throws FailedError if the file is not what was shown, or is a link to somebody else's file
 */
export function lookAtChange(root: string, { path, before }: Change): Seen | 'nothing' {
  const file = join(root, path);
  if (before === undefined) {
    mayStand(file, 'nothing');
    return 'nothing';
  }
  mayStand(file, undefined);
  if (contentOf(root, path) !== before) throw new FailedError(`${path} was changed meanwhile`);
  return lstatSync(file);
}

/** The change as `diff -u` shows it, with colours on a terminal. */
export function describeChange({ path, before, after }: Change, terminal: Terminal): string {
  const old = before === undefined ? '/dev/null' : path;
  const patch = createTwoFilesPatch(old, path, before ?? '', after, undefined, undefined, { context: 2 });
  return patch
    .split('\n')
    .filter((line) => !/^(={10,}$|Index: )/.test(line))
    .map((line) =>
      /^\+(?!\+\+ )/.test(line)
        ? terminal.style('green', line)
        : /^-(?!-- )/.test(line)
          ? terminal.style('red', line)
          : line,
    )
    .join('\n')
    .trimEnd();
}
