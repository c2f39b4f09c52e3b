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
export declare function interpreterOf([first, second]: readonly string[]): string[] | undefined;
