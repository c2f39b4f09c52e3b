import { BACKUP_DIR } from '../../lib/parameters/shared.ts';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../lib/errors.ts';
import type { MakeInvocation } from '../../lib/system/make.ts';
import { choice, duration, flag, required, text, wholeNumber } from '../../lib/parameters/kinds.ts';
import { readParameters, type Given, type Source } from '../../lib/parameters/read.ts';
import type { Parameter } from '../../lib/parameters/parameter.ts';
import { seededRandom, thrownBy } from './support.ts';

const typedOnly = <T>(parameter: Parameter<T>): Parameter<T> => ({ ...parameter, commandLineOnly: true });

/** As a destructive task declares them, and some more kinds. */
const DECLARED = {
  ENV: typedOnly(required('the environment', { placeholder: '<environment>' })),
  OUT: text('the file', { placeholder: '<file>' }),
  REV: text('the revision', { default: 'head' }),
  BACKUP_DIR: text('the folder'),
  RAW: flag('keep the text'),
  NO_CACHE: flag('build anew'),
  DRY_RUN: flag('touch nothing'),
  FORCE: typedOnly(flag('needed on a protected environment')),
  WAIT: typedOnly(wholeNumber('seconds', { default: '5', max: 3600 })),
  FOLLOW: flag('follow', { defaultNote: '1 on a terminal' }),
};

/** Variables on make's command line. `typed` is what its argument list says, when that is something else. */
function fromMake(
  variables: Readonly<Record<string, string | [value: string, typed: string | undefined]>>,
): MakeInvocation {
  const overrides = Object.entries(variables).map(([name, given]) => {
    const [value, typed] = typeof given === 'string' ? [given, given] : given;
    return [name, { value, typed }] as const;
  });
  return { goals: [], overrides: new Map(overrides) };
}

const read = (source: Partial<Source>): Given<typeof DECLARED> =>
  readParameters(DECLARED, { argv: [], env: {}, make: undefined, ...source });
/** With an ENV, so that the test can be about something else. */
const readArgv = (...argv: string[]): Given<typeof DECLARED> => read({ argv: ['ENV=x', ...argv] });
const problemsOf = (source: Partial<Source>): string[] => {
  const error = thrownBy(() => read(source));
  expect(error).toBeInstanceOf(UsageError);
  return error.message.split('\n');
};

describe('origins', () => {
  test('the command line over the environment over the default', () => {
    const { values, origins, ignored, help } = read({
      argv: ['ENV=vm_stg', 'REV=abc'],
      env: { REV: 'exported', OUT: 'exported.sql', RAW: '1', PATH: '/bin' },
    });
    expect(values).toEqual({
      ...{ ENV: 'vm_stg', REV: 'abc', OUT: 'exported.sql', RAW: true },
      ...{ NO_CACHE: false, DRY_RUN: false, FORCE: false, WAIT: 5 },
    });
    expect(origins).toMatchObject({
      ...{ ENV: 'command line', REV: 'command line', OUT: 'environment', RAW: 'environment' },
      ...{ NO_CACHE: 'default', BACKUP_DIR: 'default', WAIT: 'default' },
    });
    expect(ignored).toEqual({});
    expect(help).toBe(false);
  });

  test('make exports what it was given, and that is the command line', () => {
    const { values, origins } = read({
      env: { ENV: 'vm_stg', OUT: 'a b.sql', FORCE: '1' },
      make: fromMake({ ENV: 'vm_stg', OUT: 'a b.sql', FORCE: '1' }),
    });
    expect(values).toMatchObject({ ENV: 'vm_stg', OUT: 'a b.sql', FORCE: true });
    expect(origins).toMatchObject({ ENV: 'command line', OUT: 'command line', FORCE: 'command line' });
  });

  test('of an ordinary parameter what make made of it, of the others what was typed', () => {
    const make = fromMake({ ENV: ['vm_stg', '$(X)'], OUT: ['a.sql', '$(X).sql'] });
    expect(read({ make }).values).toMatchObject({ ENV: '$(X)', OUT: 'a.sql' });
  });

  test('what the script was given itself is nearer than what an outer make was given', () => {
    // A recipe `npx tsx tasks/db-reset-db-env.ts ENV=local_dev` under `make all ENV=vm_prod`.
    const source = { argv: ['ENV=local_dev'], make: fromMake({ ENV: 'vm_prod' }) };
    expect(read(source).values.ENV).toBe('local_dev');
  });
});

describe('from the command line only', () => {
  test('an exported value does not count, and is kept to be named', () => {
    const { values, origins, ignored } = read({ argv: ['ENV=x'], env: { FORCE: '1', WAIT: '0' } });
    expect(values).toMatchObject({ FORCE: false, WAIT: 5 });
    expect(origins).toMatchObject({ FORCE: 'default', WAIT: 'default' });
    expect(ignored).toEqual({ FORCE: '1', WAIT: '0' });
  });

  test('an exported ENV is named in the refusal', () => {
    expect(problemsOf({ env: { ENV: 'vm_stg' } })).toEqual([
      'ENV=<environment> is missing: the environment',
      'ENV=vm_stg is exported in your shell; this task takes ENV from the command line only',
    ]);
  });

  test('and the line to type is told, with what was typed already, but nobody is handed FORCE=1', () => {
    const line = (parameters: object): string => JSON.stringify(parameters);
    const hintOf = (source: Partial<Source>) => thrownBy(() => read({ line, ...source })).hint;
    const env = { ENV: 'vm_prod', FORCE: '1' };
    expect(hintOf({ argv: ['OUT=a b'], env })).toBe('type it: {"OUT":"a b","ENV":"vm_prod"}');
    expect(hintOf({ argv: ['FORCE=1'], env })).toBe('type it: {"FORCE":"1","ENV":"vm_prod"}');
    // A line that would fail as typed is none.
    expect(hintOf({ argv: ['OUT=a b', 'NOCACHE=1'], env })).toBe('type it: {"OUT":"a b","ENV":"vm_prod"}');
    expect(hintOf({ argv: ['NO_CACHE=maybe'], env })).toBeUndefined();
    expect(hintOf({ env: { FORCE: '1' } })).toBeUndefined();
    expect(hintOf({})).toBeUndefined();
    expect(thrownBy(() => read({ env })).hint).toBeUndefined();
  });

  test('without one it is only missing', () => {
    expect(problemsOf({})).toEqual(['ENV=<environment> is missing: the environment']);
  });

  test('an exported MAKEFLAGS=FORCE=1 is not typed', () => {
    const { values, ignored } = read({
      env: { ENV: 'x', FORCE: '1' },
      make: fromMake({ ENV: 'x', FORCE: ['1', undefined] }),
    });
    expect(values.FORCE).toBe(false);
    expect(ignored).toEqual({ FORCE: '1' });
  });

  test('a nonsense value that does not count is no problem', () => {
    expect(read({ argv: ['ENV=x'], env: { FORCE: 'yes' } }).values.FORCE).toBe(false);
  });
});

describe('ways to write them', () => {
  test.each<[argv: string[], expected: object]>([
    [['OUT=a.sql'], { OUT: 'a.sql' }],
    [['--out=a.sql'], { OUT: 'a.sql' }],
    [['--out', 'a.sql'], { OUT: 'a.sql' }],
    [['--backup-dir', '/a b'], { BACKUP_DIR: '/a b' }],
    [['--backup-dir=/x'], { BACKUP_DIR: '/x' }],
    [['OUT=a=b=c'], { OUT: 'a=b=c' }],
    [['--out=a=b'], { OUT: 'a=b' }],
    [['OUT= a '], { OUT: ' a ' }],
    [['OUT=one\ntwo'], { OUT: 'one\ntwo' }],
    [['OUT='], { OUT: '' }],
    [['--out='], { OUT: '' }],
    [['--', 'OUT=x'], { OUT: 'x' }],
    [['--raw'], { RAW: true }],
    [['--raw=1'], { RAW: true }],
    [['--raw=0'], { RAW: false }],
    [['RAW=1'], { RAW: true }],
    // Not minimist's negation.
    [['--no-cache'], { NO_CACHE: true }],
    [['--no-cache=0'], { NO_CACHE: false }],
    // A flag leaves the next word alone.
    [['--dry-run', 'OUT=x'], { DRY_RUN: true, OUT: 'x' }],
    [['--raw', '--out', 'x'], { RAW: true, OUT: 'x' }],
    [['--no-cache', '--raw'], { NO_CACHE: true, RAW: true }],
    [['--follow'], { FOLLOW: true }],
    [['FOLLOW=0'], { FOLLOW: false }],
    // Values stay text.
    [['REV=0012'], { REV: '0012' }],
    [['--rev=0012'], { REV: '0012' }],
    [['--rev', '0012'], { REV: '0012' }],
    [['REV=1e5'], { REV: '1e5' }],
    [['REV=true'], { REV: 'true' }],
    [['--rev', 'false'], { REV: 'false' }],
    [['REV=-1'], { REV: '-1' }],
    [['--rev=-1'], { REV: '-1' }],
    [['--rev', '-1'], { REV: '-1' }],
    [['REV=--sql'], { REV: '--sql' }],
    [['--wait', '9'], { WAIT: 9 }],
    [['--out', '-'], { OUT: '-' }],
  ])('%j', (argv, expected) => {
    expect(readArgv(...argv).values).toMatchObject(expected);
  });

  test('0 that nobody typed and 0 that somebody typed', () => {
    expect(readArgv().values.FOLLOW).toBeUndefined();
    expect(readArgv('--follow=0').values.FOLLOW).toBe(false);
  });

  test.each([['--help'], ['-h']])('%s asks for help, whatever else is wrong', (word) => {
    expect(read({ argv: [word] }).help).toBe(true);
    expect(read({ argv: [word, 'XYZ=1', 'RAW=maybe'] }).help).toBe(true);
  });
});

describe('mistakes', () => {
  const TAKES = '(it takes: ENV, OUT, REV, BACKUP_DIR, RAW, NO_CACHE, DRY_RUN, FORCE, WAIT, FOLLOW)';
  const unknown = (name: string, near?: string): string =>
    `${name} is not a parameter of this task${near === undefined ? '' : `; did you mean ${near}?`} ${TAKES}`;

  test.each<[word: string, problem: string]>([
    ['env=vm_prod', unknown('env', 'ENV')],
    ['Force=1', unknown('Force', 'FORCE')],
    ['FROCE=1', unknown('FROCE')],
    ['FORSE=1', unknown('FORSE', 'FORCE')],
    ['--outt=x', unknown('--outt', 'OUT')],
    ['--ENV=x', unknown('--ENV', 'ENV')],
    ['--backup_dir=x', unknown('--backup_dir', 'BACKUP_DIR')],
    ['-x', unknown('-x')],
    ['ELSE=x', unknown('ELSE')],
    ['__proto__=x', unknown('__proto__')],
    ['constructor=x', unknown('constructor')],
    ['--constructor=x', unknown('--constructor')],
    ['--__proto__=x', unknown('--__proto__')],
    ['--toString=x', unknown('--toString')],
    ['vm_stg', '"vm_stg" is not of the form NAME=value'],
    ['=x', '"=x" is not of the form NAME=value'],
    ['0012', '"0012" is not of the form NAME=value'],
    ['RAW=yes', 'RAW=yes is neither 1 nor 0'],
    ['RAW=', 'RAW= is neither 1 nor 0'],
    ['--raw=true', 'RAW=true is neither 1 nor 0'],
    ['FORCE= 1', 'FORCE= 1 is neither 1 nor 0'],
    ['FORCE=1 ', 'FORCE=1  is neither 1 nor 0'],
    ['FORCE=01', 'FORCE=01 is neither 1 nor 0'],
    ['FORCE=１', 'FORCE=１ is neither 1 nor 0'],
    ['FORCE=no', 'FORCE=no is neither 1 nor 0'],
    ['WAIT=-1', 'WAIT=-1 is not a whole number from 0 to 3600'],
    ['WAIT=', 'WAIT= is not a whole number from 0 to 3600'],
    ['WAIT=3601', 'WAIT=3601 is not a whole number from 0 to 3600'],
    ['WAIT=1e2', 'WAIT=1e2 is not a whole number from 0 to 3600'],
    ['WAIT=0x5', 'WAIT=0x5 is not a whole number from 0 to 3600'],
    ['WAIT=5.0', 'WAIT=5.0 is not a whole number from 0 to 3600'],
    ['WAIT=５', 'WAIT=５ is not a whole number from 0 to 3600'],
  ])('%j', (word, problem) => {
    expect(problemsOf({ argv: ['ENV=x', word] })).toEqual([problem]);
  });

  test.each<[argv: string[], name: string]>([
    [['OUT=a', 'OUT=b'], 'OUT'],
    [['OUT=a', 'OUT=a'], 'OUT'],
    [['--out=a', '--out=b'], 'OUT'],
    [['--out', 'a', 'OUT=b'], 'OUT'],
    [['--raw', '--raw'], 'RAW'],
    [['RAW=1', '--raw=0'], 'RAW'],
    [['ENV=y'], 'ENV'],
  ])('%j is given twice', (argv, name) => {
    expect(problemsOf({ argv: ['ENV=x', ...argv] })).toEqual([`${name} is given twice`]);
  });

  test.each<[argv: string[]]>([[['--out']], [['--out', '--raw']], [['--no-out']], [['--no-env']]])(
    '%j lacks a value',
    (argv) => {
      expect(() => readArgv(...argv)).toThrow(UsageError);
    },
  );

  test('an empty required value', () => {
    expect(problemsOf({ argv: ['ENV='] })).toEqual(['ENV= is empty']);
    expect(problemsOf({ argv: ['ENV= \t'] })).toEqual(['ENV= \t is empty']);
  });

  test('a value from the shell is said to be one', () => {
    expect(problemsOf({ argv: ['ENV=x'], env: { RAW: 'yes' } })).toEqual([
      'RAW=yes (exported in your shell) is neither 1 nor 0',
    ]);
  });

  test('a blank before a value that make has stripped', () => {
    expect(problemsOf({ argv: ['ENV=x'], make: fromMake({ FORCE: ['1', ' 1'] }) })).toEqual([
      'FORCE= 1 is neither 1 nor 0',
    ]);
  });

  test('unknown variables of make, unless another target of the line takes them', () => {
    const make = fromMake({ ENV: 'x', S: 'db', env: 'vm_prod' });
    expect(problemsOf({ make })).toEqual([unknown('S'), unknown('env', 'ENV')]);
    expect(problemsOf({ make, alsoAccepted: new Set(['S']) })).toEqual([unknown('env', 'ENV')]);
  });

  test('all at once', () => {
    const problems = problemsOf({ argv: ['OUT=a', 'OUT=b', 'XYZ=1', 'RAW=x', 'word', '--oops'] });
    expect(problems.toSorted()).toEqual([
      '"word" is not of the form NAME=value',
      unknown('--oops'),
      'ENV=<environment> is missing: the environment',
      'OUT is given twice',
      'RAW=x is neither 1 nor 0',
      unknown('XYZ'),
    ]);
  });

  test('a task that takes nothing', () => {
    expect(() => readParameters({}, { argv: ['X=1'], env: {}, make: undefined })).toThrow(
      new UsageError('X is not a parameter of this task (it takes: none)'),
    );
  });
});

test('of 20,000 command lines none is anything but read or refused, and FORCE is never made up', () => {
  const { pick, several } = seededRandom(5);
  const words = [
    ...[
      'ENV=x',
      'FORCE',
      '=',
      '=1',
      '1',
      ' ',
      '--',
      '-',
      '--force',
      '-f',
      '--no-',
      'raw',
      'out',
      '--out',
      'help',
    ],
    ...[
      'true',
      '__proto__',
      'constructor',
      '.',
      '0',
      '-1',
      '\n',
      '日本',
      '--=',
      'WAIT=9',
      '--no-force',
      '--wait',
    ],
  ];
  const wrong: unknown[] = [];
  for (let round = 0; round < 20_000; round++) {
    const argv = several(4, () => pick(words) + (pick([true, false]) ? pick(words) : ''));
    try {
      const { values, help } = read({ argv });
      const meant = argv.some(
        (word, at) => /^(FORCE=1|--force(=1)?)$/.test(word) || (word === '--force' && argv[at + 1] === '1'),
      );
      if (values.FORCE && !meant && !help) wrong.push(argv);
    } catch (error) {
      if (!(error instanceof UsageError)) wrong.push({ argv, error: String(error) });
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
});

describe('a choice', () => {
  const parameter = choice('which', ['first', 'skip'], { default: 'first' });

  test('is one of the words', () => {
    expect(parameter).toMatchObject({ default: 'first', placeholder: 'first|skip' });
    expect(parameter.parse('skip')).toBe('skip');
    expect(choice('which', ['first', 'skip']).default).toBeUndefined();
  });

  test.each(['', 'Skip', 'skip ', 'no', '1', 'first|skip', 'ｓkip', '__proto__'])('%j is none', (given) => {
    expect(() => parameter.parse(given)).toThrow('is none of first, skip');
  });
});

describe('a duration', () => {
  const parameter = duration('how old', { default: '1h' });

  test.each([
    ['0s', 0],
    ['90s', 90],
    ['30m', 1_800],
    ['1h', 3_600],
    ['2d', 172_800],
    ['007m', 420],
    ['999999d', 999_999 * 86_400],
  ])('%s is %d s', (given, seconds) => {
    expect(parameter.parse(given)).toBe(seconds);
  });

  test.each([
    '',
    '1',
    'h',
    '1 h',
    ' 1h',
    '1h ',
    '1H',
    '-1h',
    '+1h',
    '1.5h',
    '1e3s',
    '1h30m',
    '1000000s',
    '１h',
    '1w',
  ])('%j is none', (given) => {
    expect(() => parameter.parse(given)).toThrow('is not a time such as 30m, 1h or 2d');
  });
});

test.each(['', ' ', '\t'])('a folder is never the one where the command is typed by mistake: %j', (given) => {
  expect(() => BACKUP_DIR.parse(given)).toThrow('is empty');
  expect(BACKUP_DIR.parse('./backups')).toBe('./backups');
});
