import { basename } from 'node:path';

/** How a program is run with alembic's Python: these words, and its source on standard input. */
export interface Python {
  readonly words: readonly string[];
  /** Alembic's script, which the program runs then; undefined for the module. */
  readonly script: string | undefined;
}

/**
 * The Python of a script, from its first two lines: as the kernel reads the first one, or as pip and uv write it where
 * the path is too long for that or has a blank:
 *
 *     #!/bin/sh
 *     '''exec' '/a folder/.venv/bin/python' "$0" "$@"
 *
 * @returns the words to put the script's arguments behind; undefined when it is no script of Python
 */
export function interpreterOf([first = '', second = '']: readonly string[]): string[] | undefined {
  const [, program, argument] = first.match(/^#![ \t]*(\S+)(?:[ \t]+(\S.*?))?[ \t\r]*$/) ?? [];
  if (program === undefined) return undefined;
  const words = argument === undefined ? [program] : [program, argument];
  if (isPython(program)) return words;
  if (basename(program) === 'env') {
    // Options of env, and variables that it sets, come in front.
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
