/** What `make` was told on its command line, as far as a recipe can know. */
export interface MakeInvocation {
  /** Tasks whose targets were typed, in order. Empty for a bare `make`. */
  readonly goals: readonly string[];
  /** What the makefile puts before the names of our targets. */
  readonly prefix?: string;
  /** Tasks that it has no target for. */
  readonly except?: readonly string[];
  /** The flag that lets a failure, or what a task shows, go unnoticed: `-i`, `-O`. */
  readonly blind?: '-i' | '-O';
  /** Variables that MAKEFLAGS calls overrides: typed, or inherited through an exported MAKEFLAGS. */
  readonly overrides: ReadonlyMap<string, Override>;
}
export interface Override {
  /** The value after make's own expansion: `a$b` has become `a`. */
  readonly value: string;
  /** The value as it stands in the argument list of a make process; undefined when no make was given it there. */
  readonly typed: string | undefined;
}
/**
 * Reads what make hands to a recipe. Returns undefined when the script was not started by make.
 *
 * MAKEFLAGS alone cannot tell a typed variable from an exported `MAKEFLAGS=FORCE=1`, and make has already stripped
 * the white space in front of a value. Where the system shows the arguments of the make processes above us
 * (`commandLines`), they decide.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Options_002fRecursion.html
 */
export declare function readMakeInvocation(
  env: NodeJS.ProcessEnv,
  commandLines: readonly (readonly string[])[] | undefined,
): MakeInvocation | undefined;
/** The `NAME=value` pairs after ` -- ` in MAKEFLAGS: blanks and backslashes escaped by a backslash, `$` doubled. */
export declare function parseOverrides(makeflags: string): Map<string, string>;
/** The argument lists of the make processes above this one, nearest first; undefined where /proc does not exist. */
export declare const makeCommandLines: () => (readonly string[])[] | undefined;
/**
 * What a make above has added to the environment of its recipe: a makefile's `export`, of `include .env`, for one. What the
 * shell had exported, and what was exported below, is not among it. Empty where nobody can see it.
 */
export declare function addedByMake(): ReadonlyMap<string, string>;
