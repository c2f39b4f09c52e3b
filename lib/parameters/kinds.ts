import type { Parameter } from './parameter.ts';

type Options = Partial<
  Pick<Parameter, 'default' | 'defaultNote' | 'placeholder' | 'commandLineOnly' | 'bare'>
>;

/** A text; undefined if it is not given and has no default. */
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

/** A short name that must be given; it becomes a part of the name of a database. */
export const label = (summary: string): Parameter<string> => ({
  ...{ summary, placeholder: '<name>', required: true },
  parse: (given) => {
    if (/^[a-z0-9][a-z0-9_-]{0,31}$/.test(given)) return given;
    throw new Error('is not a short name: lower-case letters, digits, - and _, at most 32');
  },
});

/** A folder. Not empty: with `BACKUP_DIR=$(UNSET)` the working directory would be used, which nobody means. */
export const folder = (summary: string, options: Options & { default: string }): Parameter<string> => ({
  ...{ summary, placeholder: '<folder>', ...options },
  parse: notEmpty,
});

/** Exactly 1 (yes) or 0 (no). Anything else is an error: FORCE=no must not mean yes. */
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

/** One of the given words; undefined if it is not given and has no default. */
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

/** A duration such as `90s`, `30m`, `1h` or `2d`. The value is in seconds. */
export function duration(
  summary: string,
  options: { default: string } & Pick<Parameter, 'commandLineOnly'>,
): Parameter<number> {
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

/** A whole number in the given range, both ends included; undefined if it is not given and has no default. */
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
