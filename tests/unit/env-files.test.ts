import { NOT_FILES } from './broken-files.ts';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { describe, expect, test } from 'vitest';
import { readEnvFiles, type EnvFiles } from '../../lib/environment/env-files.ts';
import { seededRandom, temporaryFolder } from './support.ts';

/** Reads files in the order given; names that end in `.secrets` are secret. */
function read(files: Readonly<Record<string, string | Buffer>>): EnvFiles {
  const root = temporaryFolder(files);
  const list = Object.keys(files).map((path) => ({ path, secret: path.endsWith('.secrets') }));
  for (const { path, secret } of list) if (secret) chmodSync(join(root, path), 0o600);
  return readEnvFiles(root, list);
}

describe('values, places, and whether every reader agrees on them', () => {
  test.each<[content: string, name: string, value: string, line: number, plain: boolean]>([
    ['A=x', 'A', 'x', 1, true],
    ['A=', 'A', '', 1, true],
    ['  A = x  ', 'A', 'x', 1, true],
    ['export A=x', 'A', 'x', 1, true],
    ['# comment\n\n\nA=x', 'A', 'x', 4, true],
    ['A=postgres://u@h:5432/db?x=1', 'A', 'postgres://u@h:5432/db?x=1', 1, true],
    ['A=x=y==', 'A', 'x=y==', 1, true],
    ['A=日本', 'A', '日本', 1, true],
    ['A=one\nA=two', 'A', 'two', 2, true],
    ['A=x y', 'A', 'x y', 1, false],
    ['A=x # note', 'A', 'x', 1, false],
    // Compose reads x#y here.
    ['A=x#y', 'A', 'x', 1, false],
    // Compose interpolates.
    ['A=$HOME', 'A', '$HOME', 1, false],
    ['A=a\\b', 'A', 'a\\b', 1, false],
    ["A='x'", 'A', 'x', 1, false],
    ['A="x" # note', 'A', 'x', 1, false],
    ['A="x\\ny"', 'A', 'x\ny', 1, false],
    ['A=`it\'s "quoted"`', 'A', 'it\'s "quoted"', 1, false],
    ['A=it"s', 'A', 'it"s', 1, false],
    ["A='one\ntwo'\nB=x", 'A', 'one\ntwo', 1, false],
    ["A='one\ntwo'\nB=x", 'B', 'x', 3, true],
    ["A='one\nB=two\n# three\n'\nC=x", 'C', 'x', 5, true],
    ['A="it\\"s\nx"\nB=y', 'B', 'y', 3, true],
    ['A=x\r\nB=y\r\n', 'A', 'x', 1, true],
    ['A=x\r\nB=y\r\n', 'B', 'y', 2, true],
    ["A='one\r\ntwo'\r\nB=y", 'B', 'y', 3, true],
    ['\ufeffA=x', 'A', 'x', 1, true],
    ['\ufeff# comment\nA=x', 'A', 'x', 2, true],
  ])('%j: %s', (content, name, value, line, plain) => {
    const { variables, problems } = read({ 'env/.env.x': content });
    expect(problems).toEqual([]);
    expect(variables.get(name)).toEqual({ value, place: `env/.env.x:${line}`, secret: false, plain });
  });
});

/** dotenv, compose and the line scan each go their own way there. */
const BEHIND = (line: number): string =>
  expect.stringMatching(`^env/\\.env\\.x:${line}: .*behind.*\\bA\\b`) as string;

describe('what is wrong is named with file and line', () => {
  test.each<[content: string, problems: string[]]>([
    ['no assignment', ['env/.env.x:1: is not of the form NAME=value']],
    [
      'A=x\n\n1A=y\nexport B\n=z',
      [3, 4, 5].map((line) => `env/.env.x:${line}: is not of the form NAME=value`),
    ],
    // dotenv takes it, compose does not.
    ['A: x', ['env/.env.x:1: is not of the form NAME=value']],
    ['Ａ=x', ['env/.env.x:1: is not of the form NAME=value']],
    ["A='x", ["env/.env.x:1: the value of A begins with ', which is never closed"]],
    ['B=y\nA="x\n\n', ['env/.env.x:2: the value of A begins with ", which is never closed']],
    // The lines behind it are still looked at.
    [
      'A=`x\nbroken',
      [
        'env/.env.x:1: the value of A begins with `, which is never closed',
        'env/.env.x:2: is not of the form NAME=value',
      ],
    ],
    ["A='C:\\'", ["env/.env.x:1: the value of A begins with ', which is never closed"]],
    ["A='it\\'", ["env/.env.x:1: the value of A begins with ', which is never closed"]],
    ['A=one\rB=two', ['env/.env.x:1: is not of the form NAME=value']],
    [`A='x'y`, [BEHIND(1)]],
    [`A="x" B="y"`, [BEHIND(1)]],
    [`A='x\nB='y'`, [BEHIND(2)]],
  ])('%j', (content, problems) => {
    expect(read({ 'env/.env.x': content }).problems).toEqual(problems);
  });

  test('files that cannot be read, and the others all the same', () => {
    const root = temporaryFolder({ 'env/b': 'broken', 'env/c': 'C=x' });
    mkdirSync(join(root, 'env/folder'));
    const files = ['env/a', 'env/folder', 'env/b', 'env/c'].map((path) => ({ path, secret: false }));
    const { problems, variables } = readEnvFiles(root, files);
    expect(problems).toEqual([
      'env/a: no such file',
      'env/folder is a folder, not a file',
      'env/b:1: is not of the form NAME=value',
    ]);
    expect(variables.get('C')?.value).toBe('x');
  });

  test('no value is repeated in a problem', () => {
    const { problems } = read({ 'x.secrets': 'PASSWORD hunter2\nTOKEN="hunter2\n' });
    expect(problems.join()).not.toContain('hunter2');
    expect(problems).toHaveLength(2);
  });
});

test('later files over earlier ones, each with its place', () => {
  const { variables } = read({ first: 'A=1\nB=1\nC=1', second: 'B=2\nC=2', 'third.secrets': '\nC=' });
  const found = [...variables].map(([name, { value, place }]) => [name, value, place]);
  expect(found).toEqual([
    ['A', '1', 'first:1'],
    ['B', '2', 'second:1'],
    ['C', '', 'third.secrets:2'],
  ]);
});

test.each<[name: string, file: string, secret: boolean]>([
  ['POSTGRES_PASSWORD', 'env/.env.x', true],
  ['API_TOKEN', 'env/.env.x', true],
  ['client_secret', 'env/.env.x', true],
  ['SSH_PRIVATE_KEY', 'env/.env.x', true],
  ['MAPS_APIKEY', 'env/.env.x', true],
  ['MAPS_API_KEY', 'env/.env.x', true],
  ['AWS_CREDENTIALS', 'env/.env.x', true],
  ['DB_PASS', 'env/.env.x', true],
  ['SSH_PASSPHRASE', 'env/.env.x', true],
  ['POSTGRES_USER', 'env/.env.x', false],
  ['TZ', 'env/.env.x', false],
  ['HTTP_PORT', 'env/.env.x', false],
  ['POSTGRES_USER', 'x.secrets', false],
  ['POSTGRES_DB', 'x.secrets', false],
  ['ANYTHING', 'x.secrets', true],
  ['POSTGRES_PASSWORD', 'x.secrets', true],
])('%s in %s: secret is %j', (name, file, secret) => {
  expect(read({ [file]: `${name}=x` }).variables.get(name)?.secret).toBe(secret);
});

test.each([
  ['x.secrets', 0o600, []],
  ['x.secrets', 0o400, []],
  ['x.secrets', 0o640, ['x.secrets is readable by others (mode 640): chmod 600 x.secrets']],
  ['x.secrets', 0o604, ['x.secrets is readable by others (mode 604): chmod 600 x.secrets']],
  ['env/.env.x', 0o644, []],
])('%s with mode %o', (path, mode, warnings) => {
  const root = temporaryFolder({ [path]: 'A=x' });
  chmodSync(join(root, path), mode);
  expect(readEnvFiles(root, [{ path, secret: path.endsWith('.secrets') }])).toMatchObject({
    warnings,
    problems: [],
  });
});

test('the places are those of what dotenv reads, or the file is refused', () => {
  const { below, pick, several } = seededRandom(3);
  const pieces = [
    'A=',
    '\nA=',
    '\nB=',
    '\r\nC=',
    "'",
    '"',
    '`',
    '\\',
    '\n',
    '#',
    ' ',
    'x',
    'y',
    '$',
    'export ',
  ];
  const root = temporaryFolder();
  const wrong: unknown[] = [];
  let accepted = 0;
  for (let round = 0; round < 2000; round++) {
    const content = pick(['A=', '']) + several(2 + below(8), () => pick(pieces)).join('');
    writeFileSync(join(root, 'file'), content);
    const { variables, problems } = readEnvFiles(root, [{ path: 'file', secret: false }]);
    if (problems.length > 0) continue;
    accepted += 1;
    const values = Object.fromEntries([...variables].map(([name, { value }]) => [name, value]));
    const rows = content.split(/\r?\n/);
    const misplaced = [...variables].filter(([name, { value, place, plain }]) => {
      const row = rows[Number(place.slice('file:'.length)) - 1]!;
      const raw = row.match(new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=(.*)$`))?.[1];
      return raw === undefined || (plain && raw.trim() !== value);
    });
    // What refers to another variable is another value then.
    const literal = ([, value]: [string, string]): boolean => !/\$[A-C]/.test(value);
    const plainly = Object.entries(parse(content)).filter(literal);
    if (misplaced.length > 0 || plainly.some(([name, value]) => values[name] !== value)) {
      wrong.push({ content, misplaced });
    }
  }
  expect(wrong).toEqual([]);
  expect(accepted).toBeGreaterThan(400);
});

test.each<[text: string, value: string]>([
  ['A=one\nP=${A}', 'one'],
  ['A=one\nP=$A-two', 'one-two'],
  ['A=one\nP="x${A}y"', 'xoney'],
  ["A=one\nP='${A}'", '${A}'],
  ['A=\nP=${A:-other}', 'other'],
  ['A=\nP=${A-other}', ''],
  ['P=${NOBODY_SETS_THIS:-other}', 'other'],
  // Whatever else it may mean, compose decides.
  ['P=${NOBODY_SETS_THIS}', '${NOBODY_SETS_THIS}'],
  ['P=${A}\nA=late', '${A}'],
  ['P=a$$b$1', 'a$$b$1'],
])('%j: another variable is put in as compose does it', (text, value) => {
  const root = temporaryFolder({ file: text });
  const { variables } = readEnvFiles(root, [{ path: 'file', secret: false }]);
  expect(variables.get('P')).toMatchObject({ value, plain: false });
});

test('a variable of an earlier file', () => {
  const root = temporaryFolder({ first: 'A=one\n', second: 'P=${A}\n' });
  const files = ['first', 'second'].map((path) => ({ path, secret: false }));
  expect(readEnvFiles(root, files).variables.get('P')!.value).toBe('one');
});

test('what is not UTF-8 is named with its line, but for comments', () => {
  const root = temporaryFolder({ file: Buffer.from('# caf\xe9\nA=1\nPASSWORD=caf\xe9\n', 'latin1') });
  expect(readEnvFiles(root, [{ path: 'file', secret: false }]).problems).toEqual(['file:3: is not UTF-8']);
});

test.each(NOT_FILES)('$what in the place of an env file is a problem, at once', async ({ make, said }) => {
  const root = temporaryFolder();
  await make(join(root, 'file'));
  const { problems } = readEnvFiles(root, [{ path: 'file', secret: true }]);
  expect(problems).toEqual([expect.stringMatching(said)]);
  expect(problems[0]).toMatch(/^file/);
});
