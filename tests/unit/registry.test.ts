import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import valid from '../../env/environments.ts';
import {
  checkRegistry,
  findRoot,
  loadRegistry,
  namingRegistry,
  registryIn,
} from '../../lib/environment/registry.ts';
import type { EnvironmentEntry, Registry } from '../../lib/environment/entry.ts';
import { namesOf } from '../../lib/environment/names.ts';
import { ConfigurationError } from '../../lib/errors.ts';
import { temporaryFolder, thrownBy } from './support.ts';

const entry: EnvironmentEntry = { protected: false, stack: 'compose', composeFile: 'docker-compose.yml' };
const registry = (environments: Record<string, unknown>, rest: Partial<Registry> = {}): Registry => ({
  default: 'a',
  environments: { a: entry, ...(environments as Record<string, EnvironmentEntry>) },
  ...rest,
});

describe('checkRegistry', () => {
  test('this repository has a valid registry, whose production is protected', () => {
    expect(checkRegistry(valid)).toEqual([]);
    const isProtected = Object.entries(valid.environments).map(([name, entry]) => [name, entry.protected]);
    expect(Object.fromEntries(isProtected)).toEqual({
      local_dev: false,
      local_demo: false,
      vm_stg: false,
      vm_prod: true,
    });
  });

  test.each<[what: string, registry: Registry, problems: string[]]>([
    ['nothing', registry({}), []],
    [
      'an alias that is a name',
      registry({ b: { ...entry, aliases: ['a'] } }),
      ['b: the name a is taken by a'],
    ],
    [
      'an alias of two',
      registry({ b: { ...entry, aliases: ['x'] }, c: { ...entry, aliases: ['x'] } }),
      ['c: the name x is taken by b'],
    ],
    [
      'an alias that was removed',
      registry({ b: { ...entry, aliases: ['x'] } }, { removed: { x: 'a' } }),
      ['removed x: the name x is taken by b'],
    ],
    ['no role that reads', registry({}, { readonlyRole: '' }), ['readonlyRole: is empty']],
    ['no schemas to read', registry({}, { schemas: [] }), ['schemas: is empty']],
    [
      'a removed name that exists',
      registry({}, { removed: { a: 'a' } }),
      ['removed a: the name a is taken by a'],
    ],
    [
      'a successor that does not exist',
      registry({}, { removed: { x: 'gone' } }),
      ['removed x: its successor gone is not an environment'],
    ],
    [
      'a successor that only every object has',
      registry({}, { removed: { x: 'constructor' } }),
      ['removed x: its successor constructor is not an environment'],
    ],
    ['a default that does not exist', registry({}, { default: 'b' }), ['default: b is not an environment']],
    [
      'capitals',
      registry({ vm_STG: entry }),
      ['vm_STG: vm_STG is not a name of lower-case letters, digits, _ and -'],
    ],
    [
      'a path',
      registry({ '../b': entry }),
      ['../b: ../b is not a name of lower-case letters, digits, _ and -'],
    ],
    ['an empty name', registry({ '': entry }), [':  is not a name of lower-case letters, digits, _ and -']],
    [
      'a line end in an alias',
      registry({ b: { ...entry, aliases: ['x\n'] } }),
      ['b: x\n is not a name of lower-case letters, digits, _ and -'],
    ],
    [
      'no statement on protection',
      registry({ b: { ...entry, protected: undefined } }),
      ["b: protected must be true, false, or 'never'"],
    ],
    [
      'protection as a word',
      registry({ b: { ...entry, protected: 'yes' } }),
      ["b: protected must be true, false, or 'never'"],
    ],
    ...(['othersWait', 'standbyWait'] as const).flatMap((limit) => [
      ...[0, -1, '2', true, Infinity].map((seconds): [string, Registry, string[]] => [
        `${limit}: ${JSON.stringify(seconds)}`,
        registry({ b: { ...entry, [limit]: seconds } }),
        [`b: ${limit} must be seconds (more than 0), or false`],
      ]),
      ...[0.5, 2, false].map((seconds): [string, Registry, string[]] => [
        `${limit}: ${seconds}`,
        registry({ b: { ...entry, [limit]: seconds } }),
        [],
      ]),
    ]),
    [
      'no stack',
      registry({ b: { ...entry, stack: undefined } }),
      ['b: stack must be compose, embedded or server'],
    ],
    [
      'an unknown stack',
      registry({ b: { ...entry, stack: 'podman' } }),
      ['b: stack must be compose, embedded or server'],
    ],
    ['embedded, without a compose file', registry({ b: { protected: false, stack: 'embedded' } }), []],
    [
      'a server that is not described',
      registry({ b: { protected: false, stack: 'server' } }),
      ['b: server is missing: { host: … }'],
    ],
    [
      'a server',
      registry({ b: { protected: false, stack: 'server', server: { host: 'db', caFile: 'ca.pem' } } }),
      [],
    ],
    // An entry that was moved keeps what it had.
    [
      'a server that is not used yet',
      registry({ b: { ...entry, server: { host: 'db', tls: 'none' } } }),
      ['b: server.tls must be one of verify-full, verify-ca, require, disable'],
    ],
    ['no compose file', registry({ b: { ...entry, composeFile: undefined } }), ['b: composeFile is missing']],
    ...['required', {}, { required: true }, { days: 0.5 }].map((rehearse): [string, Registry, string[]] => [
      `rehearse: ${JSON.stringify(rehearse)}`,
      registry({ b: { ...entry, rehearse } }),
      [],
    ]),
    ...[true, 'always', { days: 0 }, { days: '3' }, { required: 1 }, { hours: 3 }].map(
      (rehearse): [string, Registry, string[]] => [
        `rehearse: ${JSON.stringify(rehearse)}`,
        registry({ b: { ...entry, rehearse } }),
        ["b: rehearse must be 'required', or { required, days }"],
      ],
    ),
    ['limits of a rehearsal', registry({ b: { ...entry, hazards: { blocks: 0.2, long: 600 } } }), []],
    [
      'a limit as a word',
      registry({ b: { ...entry, hazards: { blocks: '2 s' } } }),
      ['b: hazards must be { blocks, long }, in seconds'],
    ],
    [
      'another limit',
      registry({ b: { ...entry, hazards: { locks: 2 } } }),
      ['b: hazards must be { blocks, long }, in seconds'],
    ],
    ['an empty list', registry({ b: { ...entry, composeFile: [] } }), ['b: composeFile is missing']],
    [
      'a compose file for all',
      registry({ b: { ...entry, composeFile: undefined } }, { names: { composeFile: 'c.yml' } }),
      [],
    ],
    [
      'names of any form',
      registry({
        b: {
          ...entry,
          ...{ envFiles: [], databaseService: 'postgres', rolesScript: false, healthUrl: 'http://x/' },
          ...{ application: { service: 'web' }, composeFile: ['a', 'b'] },
        },
      }),
      [],
    ],
    [
      'names of a wrong form',
      registry({
        b: {
          ...entry,
          ...{ envFiles: '.env', databaseService: '', rolesScript: true, healthUrl: 'x', application: 'web' },
          composeFile: 5,
        },
        c: { ...entry, envFiles: [{ path: '.env' }], application: { name: 'web' }, project: 'c2' },
      }),
      [
        'b: composeFile must be a path or a list of paths',
        'b: envFiles must be a list of paths, or of { path, secret }',
        'b: databaseService must be the name of a service',
        'b: application must be { service, folder, alembicIni, python }, or false',
        'b: rolesScript must be a path, or false',
        'b: healthUrl must be an http or https URL',
        'c: envFiles must be a list of paths, or of { path, secret }',
        'c: application must be { service, folder, alembicIni, python }, or false',
      ],
    ],
  ])('%s', (_what, given, problems) => {
    expect(checkRegistry(given)).toEqual(problems);
  });

  test.each<[what: string, environments: Record<string, unknown>]>([
    // `docker compose -p` is what tells one environment's containers and volumes from another's.
    ['the project of another environment', { b: { ...entry, project: 'a' } }],
    ['a project that two have', { b: { ...entry, project: 'x' }, c: { ...entry, project: 'x' } }],
  ])('%s is a problem', (_what, environments) => {
    expect(checkRegistry(registry(environments))).toEqual([expect.stringMatching(/project/)]);
  });

  test('everything at once', () => {
    const problems = checkRegistry(
      registry({ B: { ...entry, protected: 1, composeFile: '' } }, { default: 'x', removed: { y: 'z' } }),
    );
    expect(problems).toEqual([
      'B: B is not a name of lower-case letters, digits, _ and -',
      "B: protected must be true, false, or 'never'",
      'B: composeFile is missing',
      'removed y: its successor z is not an environment',
      'default: x is not an environment',
    ]);
  });
});

describe('loadRegistry', () => {
  test('names the file and all problems', async () => {
    const root = temporaryFolder({
      'env/environments.ts': `export default { default: 'x', environments: { A: { stack: 'compose', composeFile: 'c.yml' } } }`,
    });
    await expect(loadRegistry(root)).rejects.toThrow(
      new ConfigurationError(
        'env/environments.ts is not valid:\n' +
          'A: A is not a name of lower-case letters, digits, _ and -\n' +
          `A: protected must be true, false, or 'never'\n` +
          'default: x is not an environment',
      ),
    );
  });

  test.each([
    ['nothing exported', 'export const environments = {};'],
    ['no environments', `export default { default: 'a' };`],
    ['not TypeScript', 'export default {{'],
  ])('%s is a configuration error', async (_what, content) => {
    const root = temporaryFolder({ 'env/environments.ts': content });
    await expect(loadRegistry(root)).rejects.toThrow(ConfigurationError);
  });
});

describe('findRoot', () => {
  const file = 'env/environments.ts';

  test('the project of the script, wherever it was called from', () => {
    const folder = temporaryFolder({ [`one/${file}`]: '', [`two/${file}`]: '' });
    expect(findRoot(join(folder, 'one/tasks/up.ts'), join(folder, 'two'))).toBe(join(folder, 'one'));
  });

  test('else the nearest at or above the working directory', () => {
    const folder = temporaryFolder({ [file]: '', [`inner/${file}`]: '', 'inner/deep/er/x': '' });
    const script = '/nowhere/node_modules/makesafe/tasks/up.ts';
    expect(findRoot(script, join(folder, 'inner/deep/er'))).toBe(join(folder, 'inner'));
    expect(findRoot(script, folder)).toBe(folder);
  });

  test('of a package: the repository around its node_modules, wherever it was called from', () => {
    const folder = temporaryFolder({
      [`one/${file}`]: '',
      [`one/inner/${file}`]: '',
      [`one/node_modules/makesafe/${file}`]: '',
      [`two/${file}`]: '',
    });
    const script = join(folder, 'one/node_modules/makesafe/tasks/up.ts');
    expect(findRoot(script, join(folder, 'two'))).toBe(join(folder, 'one'));
    expect(findRoot(script, '/')).toBe(join(folder, 'one'));
    // A repository of several projects has one node_modules.
    expect(findRoot(script, join(folder, 'one/inner'))).toBe(join(folder, 'one/inner'));
  });

  test('else an error', () => {
    const folder = temporaryFolder();
    const error = thrownBy(() => findRoot('/nowhere/tasks/up.ts', folder));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toBe(`no env/environments.ts in ${folder} or above`);
  });

  test('or at the root, where git ignores env/: messages name it there, and two are an error', async () => {
    const content = `export default { default: 'dev', environments: { dev: { protected: false, stack: 'embedded' } } }`;
    const root = temporaryFolder({ 'makesafe.environments.ts': content, 'below/x': '' });
    expect(findRoot('/nowhere/tasks/up.ts', join(root, 'below'))).toBe(root);
    expect((await loadRegistry(root)).default).toBe('dev');
    expect(namingRegistry(root)('correct env/environments.ts')).toBe('correct makesafe.environments.ts');
    const both = temporaryFolder({ 'makesafe.environments.ts': content, [file]: content });
    expect(thrownBy(() => registryIn(both)).message).toBe(
      'there are two registries: env/environments.ts and makesafe.environments.ts',
    );
  });
});

test('no service has Alembic: it runs on this machine', () => {
  const compose: EnvironmentEntry = { ...entry, application: false, alembicIni: 'backend/alembic.ini' };
  const given = registry({ b: compose, c: { protected: false, stack: 'embedded' } });
  expect(checkRegistry(given)).toEqual([]);
  expect(['a', 'b', 'c'].map((name) => namesOf('/nowhere', given, name).alembicOnHost)).toEqual([
    ...[false, true, true],
  ]);
});
