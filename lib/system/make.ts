import { basename } from 'node:path';
import { parentOf, wordsOf } from './process-id.ts';

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

interface Override {
  /** The value after make's own expansion: `a$b` has become `a`. */
  readonly value: string;
  /** The value as it stands in the argument list of a make process; undefined when no make was given it there. */
  readonly typed: string | undefined;
}

/** The makefile's own variable: what runs the task. */
const INTERPRETER = 'TSX';

/**
 * Reads what make hands to a recipe. Returns undefined when the script was not started by make.
 *
 * MAKEFLAGS alone cannot tell a typed variable from an exported `MAKEFLAGS=FORCE=1`, and make has already stripped
 * the white space in front of a value. Where the system shows the arguments of the make processes above us
 * (`commandLines`), they decide.
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

/** Of one letter they are the first word, without a dash. */
function blindFlag(makeflags: string): MakeInvocation['blind'] {
  const [flags = ''] = makeflags.split(/(?:^| )-- /);
  const [, letters = '', rest = ''] = flags.match(/^(\w*)(.*)$/s) ?? [];
  if (letters.includes('i')) return '-i';
  return /(?:^| )(?:-O|--output-sync)/.test(rest) ? '-O' : undefined;
}

/** The `NAME=value` pairs after ` -- ` in MAKEFLAGS: blanks and backslashes escaped by a backslash, `$` doubled. */
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

/** The value of the assignment to `name` in the nearest command line that has one; its last, as make takes it. */
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
  /** The process that it has started, on the way to this one. */
  readonly started: number;
  /** Behind its name. */
  readonly args: readonly string[];
}

/** Nearest first; undefined where /proc does not exist. */
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

/** The argument lists of the make processes above this one, nearest first; undefined where /proc does not exist. */
export const makeCommandLines = (): (readonly string[])[] | undefined =>
  makesAbove()?.map(({ args }) => args);

/**
 * What a make above has added to the environment of its recipe: a makefile's `export`, of `include .env`, for one. What the
 * shell had exported, and what was exported below, is not among it. Empty where nobody can see it.
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
