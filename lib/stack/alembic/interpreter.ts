import { basename } from 'node:path';

/** How to run a program with alembic's Python: with these words, and its source on standard input. */
export interface Python {
  readonly words: readonly string[];
  /** Alembic's script, which our program then runs; undefined: it runs the module. */
  readonly script: string | undefined;
}

/**
 * Finds the Python of a script from its first two lines. The first one may be a shebang line with Python. pip and uv
 * write two lines if Python's path is too long for a shebang line or has a blank:
 *
 *     #!/bin/sh
 *     '''exec' '/a folder/.venv/bin/python' "$0" "$@"
 *
 * @returns the words before the script's arguments; undefined if it is no Python script
 */
export function interpreterOf([first = '', second = '']: readonly string[]): string[] | undefined {
  const [, program, argument] = first.match(/^#![ \t]*(\S+)(?:[ \t]+(\S.*?))?[ \t\r]*$/) ?? [];
  if (program === undefined) return undefined;
  const words = argument === undefined ? [program] : [program, argument];
  if (isPython(program)) return words;
  if (basename(program) === 'env') {
    // Skip env's options, and the variables that it sets.
    const named = argument?.split(/\s+/).find((word) => !/^-|=/.test(word));
    return named !== undefined && isPython(named) ? words : undefined;
  }
  const [, quoted, plain] =
    second.match(/^'''exec' (?:(["'][^'"$`\\]+["'])|([^\s'"]+)) "\$0" "\$@"\s*$/) ?? [];
  const path = quoted?.slice(1, -1) ?? plain;
  return path !== undefined && isPython(path) ? [path] : undefined;
}

/** `python`, `python3`, `python3.13t`, `pypy3`. */
const isPython = (path: string): boolean => /^(python|pypy)[\d.]*t?$/.test(basename(path));
