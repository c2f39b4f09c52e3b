import minimist from 'minimist';
import type { Parameter, Parameters } from './parameter.ts';
import { nearest } from '../output/suggest.ts';

/** A declared parameter. Ignores inherited properties such as `constructor`. */
export const ownParameter = (declared: Parameters, name: string): Parameter | undefined =>
  Object.hasOwn(declared, name) ? declared[name] : undefined;
/** `backup-dir` to `BACKUP_DIR`; `optionName` is the reverse. */
const variableName = (option: string): string => option.replaceAll('-', '_').toUpperCase();
const optionName = (variable: string): string => variable.replaceAll('_', '-').toLowerCase();

/** The text of each parameter that the script's own arguments give. Mistakes go to `problems`. */
export function readArguments(
  declared: Parameters,
  argv: readonly string[],
  problems: string[],
): Map<string, string> {
  const words = assignments(declared, argv, problems);
  const names = Object.keys(declared);
  // As strings, because minimist would read 0012 as 12. It turns a repeated parameter into an array.
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
 * Rewrites each way to give a parameter (`NAME=value`, `--name=value`, `--name value`, `--flag`) as `--NAME=value`.
 * Otherwise minimist guesses whether the next word is a value, and reads `--no-x` as "not x".
 */
function assignments(declared: Parameters, argv: readonly string[], problems: string[]): string[] {
  const words: string[] = [];
  const bare = Object.keys(declared).find((name) => declared[name]!.bare);
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const [, dashes, left, value] = word.match(/^(--?)?([^=]*)(?:=(.*))?$/s) ?? [];
    if (word === '--') continue;
    if (bare !== undefined && !/^-|^[A-Za-z_]\w*=/.test(word)) {
      words.push(`--${bare}=${word}`);
      continue;
    }
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

/** The message for a parameter that the task does not take. */
export function unknown(name: string, declared: Parameters): string {
  const near = nearest(variableName(name.replace(/^-+/, '')), Object.keys(declared));
  const taken = Object.keys(declared).join(', ') || 'none';
  return `${name} is not a parameter of this task${near ? `; did you mean ${near}?` : ''} (it takes: ${taken})`;
}

/** The message for a required parameter that was not typed. */
export function missing(name: string, parameter: Parameter, environments: readonly string[] = []): string {
  const what =
    name === 'ENV' && environments.length > 0 ? `one of ${environments.join(', ')}` : parameter.summary;
  return `${name}=${parameter.placeholder} is missing: ${what}`;
}
