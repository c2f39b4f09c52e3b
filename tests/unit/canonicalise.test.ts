import { describe, expect, onTestFinished, test } from 'vitest';
import registry from '../../env/environments.ts';
import { canonicalise } from '../../lib/environment/canonicalise.ts';
import { UsageError } from '../../lib/errors.ts';
import { seededRandom, thrownBy } from './support.ts';

test.each([
  ['vm_stg', { name: 'vm_stg' }],
  ['local_demo', { name: 'local_demo' }],
  ['  vm_stg\n', { name: 'vm_stg' }],
  ['\tprod\r\n', { name: 'vm_prod', alias: 'prod' }],
  ['\u3000vm_stg\u3000', { name: 'vm_stg' }],
  ['stg', { name: 'vm_stg', alias: 'stg' }],
  ['dev', { name: 'local_dev', alias: 'dev' }],
  ['prod', { name: 'vm_prod', alias: 'prod' }],
])('%j is %j', (typed, expected) => {
  expect(canonicalise(typed, registry)).toEqual(expected);
});

describe('anything else is refused', () => {
  test.each([
    ['VM_STG', 'ENV="VM_STG" is not an environment; did you mean vm_stg?'],
    ['Vm_Prod', 'ENV="Vm_Prod" is not an environment; did you mean vm_prod?'],
    ['ｖｍ＿ｓｔｇ', 'ENV="ｖｍ＿ｓｔｇ" is not an environment; did you mean vm_stg?'],
    ['vm-stg', 'ENV="vm-stg" is not an environment; did you mean vm_stg?'],
    ['vm_stg;x', 'ENV="vm_stg;x" is not an environment; did you mean vm_stg?'],
    ['vm_prdo', 'ENV="vm_prdo" is not an environment; did you mean vm_prod?'],
    // What is near an old name means its successor: local_dev would be another machine.
    ['STG', 'ENV="STG" is not an environment; did you mean vm_stg?'],
    ['PROD', 'ENV="PROD" is not an environment; did you mean vm_prod?'],
    ['LOCAL_STG', 'ENV="LOCAL_STG" is not an environment; did you mean vm_stg?'],
    ['', 'ENV is empty'],
    ['  \n', 'ENV is empty'],
    ['../vm_stg', 'ENV="../vm_stg" is not an environment; did you mean vm_stg?'],
    ['/etc/passwd', 'ENV="/etc/passwd" is not an environment'],
    ['vm_stg\u0000', 'ENV="vm_stg\\u0000" is not an environment; did you mean vm_stg?'],
    ['vm_stg vm_prod', 'ENV="vm_stg vm_prod" is not an environment'],
    ['vm_stg\nvm_prod', 'ENV="vm_stg\\nvm_prod" is not an environment'],
    ['something', 'ENV="something" is not an environment'],
    ['0', 'ENV="0" is not an environment'],
    ['__proto__', 'ENV="__proto__" is not an environment'],
    ['constructor', 'ENV="constructor" is not an environment'],
    ['toString', 'ENV="toString" is not an environment'],
    ['local_stg', 'ENV=local_stg was removed; its successor is vm_stg'],
    [' local_prod ', 'ENV=local_prod was removed; its successor is vm_prod'],
  ])('%j: %s', (typed, message) => {
    const error = thrownBy(() => canonicalise(typed, registry));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(message);
    expect(error.hint).toBe('environments: local_dev, local_demo, vm_stg, vm_prod');
  });
});

test('of 100,000 strings only exact names and aliases resolve', () => {
  const names = new Map([
    ...['local_dev', 'local_demo', 'vm_stg', 'vm_prod'].map((name) => [name, name] as const),
    ...([['dev', 'local_dev'], ['stg', 'vm_stg'], ['prod', 'vm_prod']] as const), // prettier-ignore
  ]);
  const { below, pick, several } = seededRandom(1);
  const blanks = [' ', '\t', '\n', '\r', '\u00a0', '\u3000', '\ufeff', '\u2028'];
  const near = [
    'a',
    'S',
    '_',
    '-',
    '.',
    '/',
    '0',
    'ｖ',
    '＿',
    '\u200b',
    '\u0000',
    'ѕ',
    ';',
    '=',
    '\\',
    '😀',
    ...blanks,
  ];
  const lookAlikes: Record<string, string> = {
    ...{ a: 'а', e: 'е', o: 'о', p: 'р', c: 'с', s: 'ѕ', x: 'х', y: 'у', _: 'ˍ' },
  };
  const suffixes = [
    '1',
    '_2',
    '-old',
    '_backup',
    '.',
    '/',
    '/..',
    ';id',
    ' && id',
    '|cat',
    '`id`',
    '$(id)',
    '\n#',
  ];
  const prefixes = [
    '../',
    './',
    '/',
    '~/',
    '-',
    '--',
    '$',
    '${',
    'ENV=',
    "'",
    '"',
    '!',
    '@',
    '\u202e',
    '\u0007',
  ];
  const mutate = (text: string): string => {
    const at = below(text.length + 1);
    switch (below(10)) {
      case 0:
        return text.slice(0, at) + pick(near) + text.slice(at);
      case 1:
        return text.slice(0, at) + text.slice(at + 1);
      case 2:
        return text.slice(0, at) + pick(near) + text.slice(at + 1);
      case 3:
        return text.toUpperCase();
      case 4:
        return text + pick([...names.keys()]);
      case 5:
        // Full-width forms, all or one: U+FF01 to U+FF5E stand for ASCII.
        return text.replace(/[!-~]/g, (c) => (below(3) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : c));
      case 6:
        return text.replace(/[aeopcsxy_]/, (c) => lookAlikes[c]!);
      case 7:
        return text + pick(suffixes);
      case 8:
        return pick(prefixes) + text;
      default:
        return text;
    }
  };
  const generate = (): string => {
    let text = pick([
      ...names.keys(),
      'local_stg',
      'local_prod',
      'hasOwnProperty',
      several(8, () => pick(near)).join(''),
    ]);
    for (let changes = below(3); changes > 0; changes--) text = mutate(text);
    return several(2, () => pick(blanks)).join('') + text + several(2, () => pick(blanks)).join('');
  };

  // Most of the time would go into stack traces.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  onTestFinished(() => void (Error.stackTraceLimit = stackTraceLimit));

  const wrong: unknown[] = [];
  let resolved = 0;
  for (let round = 0; round < 100_000; round++) {
    const typed = generate();
    const expected = names.get(typed.replace(/^\s+|\s+$/g, ''));
    let found: string | undefined;
    try {
      found = canonicalise(typed, registry).name;
      resolved += 1;
    } catch (error) {
      if (!(error instanceof UsageError)) wrong.push({ typed, error });
    }
    if (found !== expected) wrong.push({ typed, found, expected });
  }
  expect(wrong).toEqual([]);
  // Both answers were tried often.
  expect(resolved).toBeGreaterThan(10_000);
  expect(resolved).toBeLessThan(90_000);
});
