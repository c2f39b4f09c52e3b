import { basename } from 'node:path';
import { parentOf, wordsOf } from './process-id.ts';

/** The command line of `make`, as far as a recipe can know it. */
export interface MakeInvocation {
  /** The goals that were typed, in order, without the prefix. Empty for a bare `make`. */
  readonly goals: readonly string[];
  /** The makefile's prefix for makesafe's targets. */
  readonly prefix?: string;
  /** Tasks for which makesafe.mk defines no target. */
  readonly except?: readonly string[];
  /** A flag that hides failures (`-i`) or output (`-O`) of a task. */
  readonly blind?: '-i' | '-O';
  /** Variables that MAKEFLAGS lists as overrides: typed, or inherited through an exported MAKEFLAGS. */
  readonly overrides: ReadonlyMap<string, Override>;
}

interface Override {
  /** The value after make has expanded it: `a$b` has become `a`. */
  readonly value: string;
  /** The value in the arguments of a make process; undefined if no make process has it there. */
  readonly typed: string | undefined;
}

/** A variable of the makefile itself: the program that runs a task. */
const INTERPRETER = 'TSX';

/**
 * Reads what make passes to a recipe. Returns undefined if make did not start this script.
 *
 * MAKEFLAGS looks the same for a typed variable and for an exported `MAKEFLAGS=FORCE=1`, and make has already removed
 * the blanks in front of a value. So the arguments of the make processes above us (`commandLines`) decide, if the
 * system shows them.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Options_002fRecursion.html
 */
export function readMakeInvocation(
  env: NodeJS.ProcessEnv,
  commandLines: readonly (readonly string[])[] | undefined,
): MakeInvocation | undefined {
  if (env['MAKELEVEL'] === undefined) return undefined;
  const overrides = new Map<string, Override>();
  for (const [name, raw] of parseOverrides(env['MAKEFLAGS'] ?? '')) {
    if (name === INTERPRETER) continue;
    const typed = commandLines ? findTyped(name, commandLines) : raw;
    overrides.set(name, { value: env[name] ?? raw, typed });
  }
  const prefix = env['MAKESAFE_PREFIX'] ?? '';
  const words = (variable: string): string[] => (env[variable] ?? '').split(/\s+/).filter(Boolean);
  const goals = words('MAKECMDGOALS').map((goal) =>
    goal.startsWith(prefix) ? goal.slice(prefix.length) : goal,
  );
  const except = words('MAKESAFE_EXCEPT');
  const blind = blindFlag(env['MAKEFLAGS'] ?? '');
  return {
    goals,
    overrides,
    ...(prefix === '' ? {} : { prefix }),
    ...(except.length === 0 ? {} : { except }),
    ...(blind === undefined ? {} : { blind }),
  };
}

/** Single-letter flags form the first word of MAKEFLAGS, without a dash. */
function blindFlag(makeflags: string): MakeInvocation['blind'] {
  const [flags = ''] = makeflags.split(/(?:^| )-- /);
  const [, letters = '', rest = ''] = flags.match(/^(\w*)(.*)$/s) ?? [];
  if (letters.includes('i')) return '-i';
  return /(?:^| )(?:-O|--output-sync)/.test(rest) ? '-O' : undefined;
}

/** The `NAME=value` pairs after ` -- ` in MAKEFLAGS. A backslash escapes blanks and backslashes; `$` is doubled. */
export function parseOverrides(makeflags: string): Map<string, string> {
  const start = makeflags.match(/(?:^| )-- /);
  const overrides = new Map<string, string>();
  if (!start) return overrides;
  const rest = makeflags.slice(start.index! + start[0].length);
  for (const word of rest.match(/(?:\\.|[^ \t\\])+/gs) ?? []) {
    const pair = splitAssignment(word.replace(/\\(.)/gs, '$1').replaceAll('$$', '$'));
    if (pair) overrides.set(...pair);
  }
  return overrides;
}

/** The value of a variable in the nearest command line that assigns it. As for make, the last assignment counts. */
function findTyped(name: string, commandLines: readonly (readonly string[])[]): string | undefined {
  for (const words of commandLines) {
    const values = words.map(splitAssignment).filter((pair) => pair?.[0] === name);
    if (values.length > 0) return values.at(-1)![1];
  }
  return undefined;
}

function splitAssignment(word: string): [name: string, value: string] | undefined {
  const match = word.match(/^([A-Za-z_][\w.-]*)\s*(?::{0,3}|[?+!])=(.*)$/s);
  return match ? [match[1]!, match[2]!] : undefined;
}

/** A make process above this one. */
interface Make {
  readonly pid: number;
  /** Its child process on the way to this process. */
  readonly started: number;
  /** Without the program. */
  readonly args: readonly string[];
}

/** The nearest first; undefined without /proc. */
function makesAbove(): readonly Make[] | undefined {
  const found: Make[] = [];
  let [started, pid] = [process.pid, process.ppid];
  try {
    while (pid > 1) {
      const [program = '', ...args] = wordsOf(pid, 'cmdline');
      if (/^g?make$/.test(basename(program))) found.push({ pid, started, args });
      started = pid;
      const parent = parentOf(pid);
      if (parent === undefined) return undefined;
      pid = parent;
    }
  } catch {
    return undefined;
  }
  return found;
}

/** The arguments of the make processes above this one, the nearest first; undefined without /proc. */
export const makeCommandLines = (): (readonly string[])[] | undefined =>
  makesAbove()?.map(({ args }) => args);

/**
 * The variables that make processes above this one have added to the environment of their recipes, for example by
 * `export` and `include .env`. Without those that the shell exported. Empty without /proc.
 */
export function addedByMake(): ReadonlyMap<string, string> {
  const environmentOf = (pid: number): (readonly [string, string])[] =>
    wordsOf(pid, 'environ').flatMap((word) => {
      const end = word.indexOf('=');
      return end < 1 ? [] : [[word.slice(0, end), word.slice(end + 1)] as const];
    });
  try {
    return new Map(
      (makesAbove() ?? []).flatMap(({ pid, started }) => {
        const given = new Map(environmentOf(pid));
        return environmentOf(started).filter(([name]) => !given.has(name));
      }),
    );
  } catch {
    return new Map();
  }
}
