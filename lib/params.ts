import minimist from 'minimist';
import { UsageError } from './errors.ts';
import type { MakeInvocation } from './make.ts';
import { nearest } from './suggest.ts';

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
  /** Turns the text into the value; throws an Error whose message completes "NAME=text: …". */
  readonly parse: (text: string) => T;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

interface Options {
  default?: string;
  defaultNote?: string;
  placeholder?: string;
}

/** A text; undefined when neither given nor defaulted. */
export function text(summary: string, options: Options & { default: string }): Parameter<string>;
export function text(summary: string, options?: Options): Parameter<string | undefined>;
export function text(summary: string, options: Options = {}): Parameter<string | undefined> {
  return { summary, placeholder: '<text>', ...options, parse: (given) => given };
}

/** A text that must be given and not be empty. */
export function required(summary: string, options: Omit<Options, 'default'> = {}): Parameter<string> {
  const parse = (given: string): string => {
    if (given.trim() === '') throw new Error('is empty');
    return given;
  };
  return { summary, placeholder: '<text>', ...options, required: true, parse };
}

/** Exactly 1 (yes) or 0 (no, as when it is absent). Anything else is an error: FORCE=no must not mean yes. */
export function flag(summary: string): Parameter<boolean>;
export function flag(summary: string, options: { default: '1' }): Parameter<boolean>;
export function flag(summary: string, options: { defaultNote: string }): Parameter<boolean | undefined>;
export function flag(summary: string, options: Options = { default: '0' }): Parameter<boolean | undefined> {
  const parse = (given: string): boolean => {
    if (given !== '1' && given !== '0') throw new Error('is neither 1 nor 0');
    return given === '1';
  };
  return { summary, placeholder: '1', flag: true, ...options, parse };
}

/** A whole number in the given range. */
export function wholeNumber(
  summary: string,
  { min = 0, max = 86_400, ...options }: Options & { default: string; min?: number; max?: number },
): Parameter<number> {
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
  /** The line that calls the task with the given parameters, for the remedy. */
  readonly line?: (parameters: Readonly<Record<string, string>>) => string;
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
      if (parameter.required) problems.push(missing(name, parameter, ignored[name]));
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
    const untyped = Object.keys(ignored).length > 0 && source.line;
    // Nobody is handed FORCE=1 who did not ask for it.
    const named = Object.entries(ignored).filter(([name]) => name !== 'FORCE');
    const hint = untyped ? { hint: `type it: ${untyped(Object.fromEntries([...typed, ...named]))}` } : {};
    throw new UsageError(problems.join('\n'), hint);
  }
  return { values: values as Values<P>, origins: origins as Given<P>['origins'], ignored, help };
}

const ownParameter = (declared: Parameters, name: string): Parameter | undefined =>
  Object.hasOwn(declared, name) ? declared[name] : undefined;
/** `BACKUP_DIR` of `backup-dir`, and back. */
const variableName = (option: string): string => option.replaceAll('-', '_').toUpperCase();
const optionName = (variable: string): string => variable.replaceAll('_', '-').toLowerCase();

function readArguments(
  declared: Parameters,
  argv: readonly string[],
  problems: string[],
): Map<string, string> {
  const words = assignments(declared, argv, problems);
  const names = Object.keys(declared);
  // Declared as strings, because minimist reads 0012 as 12; repeated ones become arrays.
  const parsed = minimist(words, { string: ['_', ...names], boolean: ['help', 'h'] });
  const { _: rest, help, h, ...options } = parsed as { _: string[] } & Record<string, string | string[]>;
  for (const word of rest) problems.push(`"${word}" is not of the form NAME=value`);
  const typed = new Map<string, string>();
  for (const [name, value] of Object.entries(options)) {
    if (Array.isArray(value)) problems.push(`${name} is given twice`);
    typed.set(name, [value].flat().at(-1)!);
  }
  if (help || h) typed.set('help', '1');
  return typed;
}

/**
 * The words with each way to give a declared parameter (`NAME=value`, `--name=value`, `--name value`, `--flag`)
 * written as `--NAME=value`. minimist would guess whether the next word is a value, and read `--no-x` as "not x".
 */
function assignments(declared: Parameters, argv: readonly string[], problems: string[]): string[] {
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const [, dashes, left, value] = word.match(/^(--?)?([^=]*)(?:=(.*))?$/s) ?? [];
    if (word === '--') continue;
    if (['--help', '-h'].includes(word) || (!dashes && (!left || value === undefined))) {
      words.push(word);
      continue;
    }
    const name = dashes ? variableName(left!) : left!;
    const spelled = !dashes || left === optionName(name);
    const parameter = spelled ? ownParameter(declared, name) : undefined;
    const next = argv[at + 1];
    if (!parameter) problems.push(unknown(dashes ? `${dashes}${left}` : left!, declared));
    else if (value !== undefined) words.push(`--${name}=${value}`);
    else if (parameter.flag) words.push(`--${name}=1`);
    else if (next === undefined || next.startsWith('--')) problems.push(`--${left} lacks a value`);
    else words.push(`--${name}=${argv[++at]}`);
  }
  return words;
}

function unknown(name: string, declared: Parameters): string {
  const near = nearest(variableName(name.replace(/^-+/, '')), Object.keys(declared));
  const taken = Object.keys(declared).join(', ') || 'none';
  return `${name} is not a parameter of this task${near ? `; did you mean ${near}?` : ''} (it takes: ${taken})`;
}

function missing(name: string, parameter: Parameter, exported: string | undefined): string {
  const sentence = `${name}=${parameter.placeholder} is missing: ${parameter.summary}`;
  if (exported === undefined) return sentence;
  return `${sentence}\n${name}=${exported} is exported in your shell; this task takes ${name} from the command line only`;
}
