import { missing, ownParameter, readArguments, unknown } from './arguments.ts';
import { UsageError } from '../errors.ts';
import type { MakeInvocation } from '../system/make.ts';

export type Origin = 'command line' | 'environment' | 'default';

/** One parameter of a task, as its declaration states it. Help is rendered from the same rows. */
export interface Parameter<T = unknown> {
  readonly summary: string;
  /** What stands for the value in help: `<file>`. */
  readonly placeholder: string;
  /** Taken when nothing was given. For a computed one, help shows `defaultNote` instead. */
  readonly default?: string;
  readonly defaultNote?: string;
  readonly required?: boolean;
  /** True when a value exported in the shell does not count. */
  readonly commandLineOnly?: boolean;
  /** True when the name alone (`--raw`) means 1. */
  readonly flag?: boolean;
  /** True when a word without a name is its value: `npx makesafe help up`. */
  readonly bare?: true;
  /** Turns the text into the value; throws an Error whose message completes "NAME=text: …". */
  readonly parse: (text: string) => T;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

type Options = Partial<
  Pick<Parameter, 'default' | 'defaultNote' | 'placeholder' | 'commandLineOnly' | 'bare'>
>;

/** A text; undefined when neither given nor defaulted. */
export function text(summary: string, options: Options & { default: string }): Parameter<string>;
export function text(summary: string, options?: Options): Parameter<string | undefined>;
export function text(summary: string, options: Options = {}): Parameter<string | undefined> {
  return { summary, placeholder: '<text>', ...options, parse: (given) => given };
}

function notEmpty(given: string): string {
  if (given.trim() === '') throw new Error('is empty');
  return given;
}

/** A text that must be given and not be empty. */
export const required = (summary: string, options: Omit<Options, 'default'> = {}): Parameter<string> => ({
  ...{ summary, placeholder: '<text>', ...options, required: true },
  parse: notEmpty,
});

/** A folder. Empty (`BACKUP_DIR=$(UNSET)`) would be the one that the command is typed in, which nobody means. */
export const folder = (summary: string, options: Options & { default: string }): Parameter<string> => ({
  ...{ summary, placeholder: '<folder>', ...options },
  parse: notEmpty,
});

/** Exactly 1 (yes) or 0 (no, as when it is absent). Anything else is an error: FORCE=no must not mean yes. */
export function flag(summary: string): Parameter<boolean>;
export function flag(summary: string, options: { default: '1' }): Parameter<boolean>;
export function flag(
  summary: string,
  options: Options & { defaultNote: string },
): Parameter<boolean | undefined>;
export function flag(summary: string, options: Options = { default: '0' }): Parameter<boolean | undefined> {
  const parse = (given: string): boolean => {
    if (given !== '1' && given !== '0') throw new Error('is neither 1 nor 0');
    return given === '1';
  };
  return { summary, placeholder: options.default === '1' ? '0' : '1', flag: true, ...options, parse };
}

/** One of the given words; undefined when neither given nor defaulted. */
export function choice<const W extends string>(
  summary: string,
  words: readonly W[],
  options: Options & { default: NoInfer<W> },
): Parameter<W>;
export function choice<const W extends string>(
  summary: string,
  words: readonly W[],
  options?: Options,
): Parameter<W | undefined>;
export function choice(summary: string, words: readonly string[], options: Options = {}): Parameter<unknown> {
  const parse = (given: string): string => {
    if (!words.includes(given)) throw new Error(`is none of ${words.join(', ')}`);
    return given;
  };
  return { summary, placeholder: words.join('|'), ...options, parse };
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A time such as `90s`, `30m`, `1h` or `2d`, in seconds. */
export function duration(summary: string, options: { default: string }): Parameter<number> {
  const parse = (given: string): number => {
    const [, count, unit] = given.match(/^(\d{1,6})([smhd])$/) ?? [];
    if (count === undefined) throw new Error('is not a time such as 30m, 1h or 2d');
    return Number(count) * UNITS[unit!]!;
  };
  return { summary, placeholder: '<time>', ...options, parse };
}

interface Range {
  min?: number;
  max?: number;
}

/** A whole number in the given range; undefined when neither given nor defaulted. */
export function wholeNumber(
  summary: string,
  options: Options & Range & { default: string },
): Parameter<number>;
export function wholeNumber(summary: string, options?: Options & Range): Parameter<number | undefined>;
export function wholeNumber(
  summary: string,
  { min = 0, max = 86_400, ...options }: Options & Range = {},
): Parameter<number | undefined> {
  const parse = (given: string): number => {
    const value = Number(given);
    if (!/^\d+$/.test(given) || value < min || value > max) {
      throw new Error(`is not a whole number from ${min} to ${max}`);
    }
    return value;
  };
  return { summary, placeholder: '<number>', ...options, parse };
}

/** What the parameters of one run turned out to be. */
export interface Given<P extends Parameters = Parameters> {
  readonly values: Values<P>;
  readonly origins: Readonly<Record<keyof P & string, Origin>>;
  /** Values exported in the shell that do not count because the parameter is taken from the command line only. */
  readonly ignored: Readonly<Record<string, string>>;
  readonly help: boolean;
}

export interface Source {
  /** Arguments of the script: `NAME=value`, `--name value`, `--name=value`. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly make: MakeInvocation | undefined;
  /** Names that other targets on the same make command line take; they are no mistake here. */
  readonly alsoAccepted?: ReadonlySet<string>;
  /** The environments there are, for the remedy. */
  readonly environments?: readonly string[];
  /** The line that calls the task with the given parameters, for the remedy; undefined where that would fail. */
  readonly line?: (parameters: Readonly<Record<string, string>>) => string | undefined;
  /** The line that shows what the task takes. */
  readonly help?: string;
}

/**
 * Reads the parameters of a task from the command line, then from the process environment, then from their
 * defaults. All problems are reported at once.
 *
 * @throws UsageError for unknown, repeated, missing and malformed parameters
 */
export function readParameters<P extends Parameters>(declared: P, source: Source): Given<P> {
  const problems: string[] = [];
  const typed = readArguments(declared, source.argv, problems);
  for (const [name, override] of source.make?.overrides ?? []) {
    const parameter = ownParameter(declared, name);
    // The script's own arguments are nearer than what a make somewhere above was given.
    if (typed.has(name)) continue;
    if (!parameter) {
      if (!source.alsoAccepted?.has(name)) problems.push(unknown(name, declared));
    } else if (parameter.commandLineOnly) {
      // What make was really given, not what it made of it: make strips blanks, and MAKEFLAGS may be inherited.
      if (override.typed !== undefined) typed.set(name, override.typed);
    } else {
      typed.set(name, override.value);
    }
  }

  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const ignored: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const exported = source.env[name];
    let given = typed.get(name);
    origins[name] = 'command line';
    if (given === undefined && exported !== undefined) {
      if (parameter.commandLineOnly) {
        ignored[name] = exported;
      } else {
        given = exported;
        origins[name] = 'environment';
      }
    }
    if (given === undefined) {
      given = parameter.default;
      origins[name] = 'default';
    }
    if (given === undefined) {
      if (parameter.required) problems.push(missing(name, parameter, ignored[name], source.environments));
      continue;
    }
    try {
      values[name] = parameter.parse(given);
    } catch (error) {
      const origin = origins[name] === 'environment' ? ' (exported in the shell)' : '';
      problems.push(`${name}=${given}${origin} ${(error as Error).message}`);
    }
  }

  const help = typed.has('help');
  if (problems.length > 0 && !help) {
    // Nobody is handed FORCE=1 who did not ask for it.
    const named = Object.entries(ignored).filter(([name]) => name !== 'FORCE');
    const again = Object.fromEntries([...typed, ...named]);
    const line =
      Object.keys(ignored).length > 0 && isTaken(declared, again) ? source.line?.(again) : undefined;
    const hint = line === undefined ? source.help : `type it: ${line}`;
    throw new UsageError(problems.join('\n'), hint === undefined ? {} : { hint });
  }
  return { values: values as Values<P>, origins: origins as Given<P>['origins'], ignored, help };
}

/** Whether typing these would do. */
function isTaken(declared: Parameters, typed: Readonly<Record<string, string>>): boolean {
  const argv = Object.entries(typed).map(([name, value]) => `${name}=${value}`);
  try {
    readParameters(declared, { argv, env: {}, make: undefined });
    return true;
  } catch {
    return false;
  }
}
