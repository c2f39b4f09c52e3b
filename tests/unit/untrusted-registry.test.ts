import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { canonicalise } from '../../lib/environment/canonicalise.ts';
import { checkRegistry, loadRegistry, prepareRegistry } from '../../lib/environment/registry.ts';
import type { Registry } from '../../lib/environment/entry.ts';
import { ConfigurationError, UsageError } from '../../lib/errors.ts';
import { run } from '../helpers/processes.ts';
import { TYPESCRIPT } from '../helpers/scratch.ts';
import { seededRandom, temporaryFolder } from './support.ts';

const FILE = 'env/environments.ts';
const VALID = `{ default: 'a', environments: { a: { protected: false, stack: 'compose', composeFile: 'c.yml' } } }`;
/** The valid one with something else in it. */
const withIn = (entry: string, rest = ''): string =>
  `export default { default: 'a', environments: { a: { protected: false, stack: 'compose', composeFile: 'c.yml', ${entry} } }, ${rest} };`;

async function errorOf(content: string, signal?: AbortSignal): Promise<Error> {
  // Only there may a file wait at its top level.
  const root = temporaryFolder({ [FILE]: content, 'package.json': '{"type":"module"}' });
  return loadRegistry(root, signal).then(
    () => {
      throw new Error('it was loaded');
    },
    (error: Error) => error,
  );
}

describe('whatever its file does, the answer is a sentence about it', () => {
  // The others run while it is waited for.
  test.concurrent('it stands still: 30 s', { timeout: 60_000 }, async () => {
    const began = performance.now();
    const still = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
    expect((await errorOf(still)).message).toBe(`${FILE} was not loaded within 30 s: a loop without an end?`);
    expect(performance.now() - began).toBeGreaterThan(29_500);
  });

  test.concurrent.each<[what: string, content: string, message: string]>([
    ['ends with status 0', `process.exit(0);`, `${FILE} ends the program: process.exit(0)`],
    ['ends later', `export default ${VALID}; process.exit();`, `${FILE} ends the program: process.exit()`],
    [
      'takes its process away',
      `process.kill(process.pid, 'SIGSEGV'); export default ${VALID};`,
      `${FILE} cannot be loaded: its process was ended by SIGSEGV`,
    ],
    [
      'waits for what never comes',
      `await new Promise(() => {}); export default ${VALID};`,
      `${FILE} waits for something that never comes (await)`,
    ],
    [
      'writes where its data are handed over',
      `import { writeSync } from 'node:fs'; writeSync(3, 'x'); export default ${VALID};`,
      `${FILE} writes to file descriptor 3, which is makesafe's`,
    ],
    ['throws', `\nthrow new Error('no');`, `${FILE} cannot be loaded: no (line 2)`],
    ['throws nothing', `throw undefined;`, `${FILE} cannot be loaded: undefined`],
    ['exports null', `export default null;`, `${FILE} has no default export with environments`],
    ['exports a list', `export default [];`, `${FILE} has no default export with environments`],
    [
      'has a getter that throws',
      `export default { default: 'a', get environments() { throw new Error('no'); } };`,
      `${FILE} is not valid:\nenvironments is computed by a getter, not data`,
    ],
    [
      'has a Proxy',
      `export default { default: 'a', environments: new Proxy({}, { ownKeys() { for (;;); } }) };`,
      `${FILE} is not valid:\nenvironments is a Proxy, not data`,
    ],
    [
      'goes in a circle',
      `const a: any = { protected: false }; a.roles = a; export default { default: 'a', environments: { a } };`,
      `${FILE} is not valid:\nenvironments.a.roles contains itself`,
    ],
    [
      'has functions',
      withIn('project: () => 1, aliases: [class X {}]'),
      `${FILE} is not valid:\nenvironments.a.project is a function, not data\nenvironments.a.aliases[0] is a function, not data`,
    ],
    [
      'has a Map',
      `export default { default: 'a', environments: new Map() };`,
      `${FILE} is not valid:\nenvironments is a Map, not data`,
    ],
    [
      'has an entry that its prototype holds',
      `export default { default: 'a', environments: Object.create({ a: { protected: false } }) };`,
      `${FILE} is not valid:\nenvironments is made from another object, not data`,
    ],
    [
      'has an alias as a text',
      withIn(`aliases: 'prod'`),
      `${FILE} is not valid:\na: aliases must be a list of names`,
    ],
    [
      'has null for an entry',
      withIn('').replace(/\{ protected.*?\}/, 'null'),
      `${FILE} is not valid:\na: must be an entry: { protected, stack, … }`,
    ],
    [
      'has a list for an entry',
      withIn('').replace(/\{ protected.*?\}/, '[]'),
      `${FILE} is not valid:\na: must be an entry: { protected, stack, … }`,
    ],
    [
      'has a misspelt field',
      withIn(`alias: ['x'], Protected: true`),
      `${FILE} is not valid:\na: alias is not known; did you mean aliases?\na: Protected is not known; did you mean protected?`,
    ],
    [
      'has a key that every object has',
      withIn(`['__proto__']: { protected: true }, ['constructor']: 1`),
      `${FILE} is not valid:\na: __proto__ is not known\na: constructor is not known`,
    ],
    [
      'is 1 MB of blanks',
      ' '.repeat(2 << 20),
      `${FILE} has 2.1 MB, and no more than 1.0 MB of such a file are read`,
    ],
    ['has a NUL', 'export\0', `${FILE}:1 is no text: there is a NUL in it`],
  ])('it %s', async (_what, content, message) => {
    const error = await errorOf(content);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(message);
  });

  test('it fills the memory', async () => {
    const error = await errorOf(
      'const all: unknown[] = []; for (;;) all.push(new Array(5_000_000).fill(0));',
    );
    expect(error.message).toBe(`${FILE} takes more than 128 MB of memory`);
  });

  test('Ctrl-C is heard while it loops', async () => {
    const controller = new AbortController();
    const failed = errorOf('for (;;);', controller.signal);
    controller.abort(new Error('cancelled'));
    expect((await failed).message).toBe('cancelled');
  });

  test('what it prints goes to standard error', async () => {
    const root = temporaryFolder({ [FILE]: `console.log('hello'); export default ${VALID};` });
    const out = vi.spyOn(process.stdout, 'write');
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await loadRegistry(root);
    const said = err.mock.calls.map(([text]) => String(text)).join('');
    const leaked = out.mock.calls.map(([text]) => String(text)).join('');
    vi.restoreAllMocks();
    expect(said).toContain('hello\n');
    expect(leaked).not.toContain('hello');
  });

  test.each([
    ['keeps a timer', `setInterval(() => {}, 1000)`],
    ['ends the program', `setTimeout(() => process.exit(1), 1)`],
    ['prints for ever', `setInterval(() => console.error('more'), 1)`],
    ['answers once more', `import { writeSync } from 'node:fs'; setTimeout(() => writeSync(3, '{}'), 1)`],
  ])('it %s behind its data, and is loaded', async (_what, later) => {
    const root = temporaryFolder({ [FILE]: `export default ${VALID}; ${later};` });
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const loaded = await loadRegistry(root).finally(() => err.mockRestore());
    expect(Object.keys(loaded.environments)).toEqual(['a']);
  });

  test('it is translated once: the next run finds it in the cache', async () => {
    const root = temporaryFolder({ [FILE]: `export default ${VALID};` });
    const cache = temporaryFolder({});
    vi.stubEnv('TMPDIR', cache);
    // A file that was only begun has nothing in it.
    const translations = (): string[] =>
      readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter(
        (name) => /^tsx-.*[/\\]/.test(name) && statSync(join(cache, name)).size > 0,
      );
    await loadRegistry(root);
    const first = translations();
    await loadRegistry(root);
    vi.unstubAllEnvs();
    // Node that strips types itself translates nothing.
    expect(first.length > 0).toBe(!('typescript' in process.features && process.features.typescript));
    expect(translations()).toEqual(first);
  });

  test('it may wait for something, and take from other files', async () => {
    const root = temporaryFolder({
      [FILE]: `import { project } from './more.ts'; const a = await Promise.resolve({ protected: false, stack: 'embedded', project }); export default { default: 'a', environments: { a } };`,
      'package.json': '{"type":"module"}',
      'env/more.ts': `export const project: string = 'x';`,
    });
    expect((await loadRegistry(root)).environments['a']).toEqual({
      protected: false,
      stack: 'embedded',
      project: 'x',
    });
  });

  test.each<[what: string, make: (path: string) => void, message: string]>([
    ['a folder', (path) => mkdirSync(path), `${FILE} is a folder, not a file`],
    ['a pipe', (path) => execFileSync('mkfifo', [path]), `${FILE} is a pipe, not a file`],
    [
      'a link that leads nowhere',
      (path) => symlinkSync('nowhere', path),
      `${FILE} is a link that leads nowhere`,
    ],
    ['a link to a device', (path) => symlinkSync('/dev/zero', path), `${FILE} is a device, not a file`],
    [
      '2 GB of nothing',
      (path) => {
        execFileSync('touch', [path]);
        truncateSync(path, 2 ** 31);
      },
      `${FILE} has 2.1 GB, and no more than 1.0 MB of such a file are read`,
    ],
  ])('its file is %s', async (_what, make, message) => {
    const root = temporaryFolder({ 'env/x': '' });
    make(join(root, FILE));
    await expect(loadRegistry(root)).rejects.toMatchObject({ status: 78, message });
  });
});

/** Values that a field may hold by mistake. */
const WRONG: readonly unknown[] = [
  ...[null, 0, 1, Number.NaN, '', ' ', 'x', 'prod', true, [], [null], [[]], [''], ['x', 1], {}, { x: 1 }],
  ...[{ a: {} }, '\u0000', '日本', { length: 1 }, 2 ** 53],
];

test('any value in any place: sentences, never another error', () => {
  const entry = { protected: true, stack: 'compose', composeFile: 'c.yml' };
  const fields = {
    '': ['default', 'environments', 'names', 'removed', 'ignore', 'readonlyRole', 'schemas', 'other'],
    a: [
      ...[
        'aliases',
        'protected',
        'local',
        'stack',
        'server',
        'project',
        'engine',
        'roles',
        'composeFile',
        'envFiles',
      ],
      ...[
        'secretsTemplate',
        'databaseService',
        'application',
        'alembicIni',
        'rolesScript',
        'healthUrl',
        'other',
      ],
    ],
  };
  for (const value of [...WRONG, ...WRONG.map((inner) => ({ inner })), ...WRONG.map((inner) => [inner])]) {
    expect(checkRegistry(value).length).toBeGreaterThan(0);
    for (const field of fields['']) {
      const problems = checkRegistry({ default: 'a', environments: { a: entry }, [field]: value });
      expect(problems.every((problem) => typeof problem === 'string' && problem !== '')).toBe(true);
    }
    for (const field of fields.a) {
      const problems = checkRegistry({ default: 'a', environments: { a: { ...entry, [field]: value } } });
      // Each names the entry.
      expect(problems.filter((problem) => !problem.startsWith('a: '))).toEqual([]);
    }
  }
});

test('of generated registries and typed names, what is valid answers with its own exact names only', () => {
  const { below, pick, several } = seededRandom(20_261_128);
  const names = [
    'vm_prod',
    'vm_stg',
    'prod',
    'stg',
    'constructor',
    '__proto__',
    'o',
    'ro',
    '',
    ' ',
    'Prod',
    'prod ',
    'toString',
    'p',
  ];
  const typed = [
    ...names,
    'PROD',
    'ｐｒｏｄ',
    'pro',
    'rod',
    'vm_',
    '\u00a0',
    '\t',
    'hasOwnProperty',
    'length',
    '0',
    'prod\u0000',
    'vm_prod,vm_stg',
  ];
  let [valid, resolved] = [0, 0];
  for (let round = 0; round < 6_000; round++) {
    const aliases = (): unknown =>
      pick<unknown>([several(3, () => pick(names)), pick(names), pick(WRONG), undefined]);
    const entry = (): unknown =>
      below(12) === 0 ? pick(WRONG) : { protected: true, stack: 'embedded', aliases: aliases() };
    const environments = Object.fromEntries(several(4, () => [pick(names), entry()]));
    const given = { default: pick([...Object.keys(environments), 'x']), environments };
    // As it arrives from the thread that loads it.
    const registry: unknown = JSON.parse(JSON.stringify(given));
    if (checkRegistry(registry).length > 0) continue;
    valid += 1;
    const known = new Map(
      Object.entries((registry as Registry).environments).flatMap(([name, { aliases = [] }]) =>
        [name, ...aliases].map((one): [string, string] => [one, name]),
      ),
    );
    for (const text of typed) {
      let found: string | undefined;
      try {
        found = canonicalise(text, registry as Registry).name;
        resolved += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
      expect(found).toBe(known.get(text.trim()));
    }
  }
  // Both kinds were tried often.
  expect(valid).toBeGreaterThan(100);
  expect(resolved).toBeGreaterThan(100);
});

describe('a process that was started before the registry is read', () => {
  const scratch = () => {
    const root = temporaryFolder({ [FILE]: `export default ${VALID};` });
    const write = (content: string): void => writeFileSync(join(root, FILE), content);
    const names = async (): Promise<string[]> => Object.keys((await loadRegistry(root)).environments);
    return { root, write, names };
  };

  test('reads the file as it is when it is asked, and serves once', async () => {
    const { root, write, names } = scratch();
    prepareRegistry(root);
    write(`export default ${VALID.replace("'a'", "'b'").replace('{ a:', '{ b:')};`);
    expect(await names()).toEqual(['b']);
    write(`export default ${VALID};`);
    expect(await names()).toEqual(['a']);
  });

  test('says what is wrong with the file', async () => {
    const { root, write, names } = scratch();
    prepareRegistry(root);
    write('\nthrow new Error("no");');
    await expect(names()).rejects.toThrow(`${FILE} cannot be loaded: no (line 2)`);
  });

  test('does not read another root', async () => {
    const [one, other] = [scratch(), scratch()];
    prepareRegistry(one.root);
    other.write(`export default ${VALID.replace("'a'", "'b'").replace('{ a:', '{ b:')};`);
    expect(await other.names()).toEqual(['b']);
    expect(await one.names()).toEqual(['a']);
  });

  test('ends with the task, which does not wait for it', async () => {
    const { root } = scratch();
    const program = `
      import { prepareRegistry } from ${JSON.stringify(join(import.meta.dirname, '../../lib/environment/registry.ts'))};
      prepareRegistry(${JSON.stringify(root)});
      console.log('ready');`;
    const file = join(temporaryFolder({ 'task.ts': program }), 'task.ts');
    const { stdout, status } = await run([process.execPath, '--require', TYPESCRIPT, file]);
    expect({ stdout, status }).toEqual({ stdout: 'ready\n', status: 0 });
    const left = (): string =>
      execFileSync('sh', ['-c', 'ps -eo args | grep "[r]egistry-process.*$0" || true', root], {
        encoding: 'utf8',
      });
    await vi.waitFor(() => expect(left()).toBe(''), { timeout: 20_000 });
  });
});
