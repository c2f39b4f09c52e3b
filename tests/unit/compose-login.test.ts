import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Variable } from '../../lib/environment/env-files.ts';
import { namesOf } from '../../lib/environment/names.ts';
import type { Registry } from '../../lib/environment/entry.ts';
import type { Environment } from '../../lib/environment/resolve.ts';
import { ConfigurationError } from '../../lib/errors.ts';
import type { ComposeConfig, ConfiguredService } from '../../lib/stack/compose/config/config.ts';
import type { Engine } from '../../lib/stack/compose/engine/engine.ts';
import { readLogin } from '../../lib/stack/compose/connection/login.ts';
import { declaredBy } from '../../lib/stack/compose/official/declared.ts';
import { sourceOf } from '../../lib/stack/compose/official/file-in.ts';
import { initdbOptions, serverSettings, shellWords } from '../../lib/stack/compose/official/words.ts';
import { OFFICIAL_CASES } from '../helpers/official-cases.ts';
import { temporaryFolder } from './support.ts';

const registry: Registry = {
  default: 'vm_stg',
  environments: { vm_stg: { protected: false, stack: 'compose', composeFile: 'docker/x.yml' } },
};

type Given = Readonly<Record<string, Partial<Variable>>>;

function environment(variables: Given = {}): Environment {
  const whole = Object.entries(variables).map(([name, variable], index): [string, Variable] => [
    name,
    { value: '', place: `env/.env.vm_stg:${index + 1}`, secret: false, plain: true, ...variable },
  ]);
  return {
    name: 'vm_stg',
    root: '/p',
    entry: registry.environments['vm_stg']!,
    names: namesOf('/p', registry, 'vm_stg'),
    project: 'shop',
    envFiles: [],
    variables: new Map(whole),
    warnings: [],
    notes: [],
  };
}

/** Has one image, and no container. */
const engineWith = (Config: object | null = null): Engine =>
  ({
    ask: (path: string) => Promise.resolve(path.startsWith('/images/') ? { Config } : []),
    pathIn: () => Promise.resolve(undefined),
  }) as unknown as Engine;

describe('what the database is entered with', () => {
  const login = async (
    db: ConfiguredService,
    {
      variables = {},
      engine = engineWith(),
      more = {},
    }: { variables?: Given; engine?: Engine; more?: object } = {},
  ): Promise<object> => {
    const config: ComposeConfig = { services: { db, api: {} }, ...more };
    const found = await readLogin({ environment: environment(variables), engine, config }, 'db');
    return { ...found, make: undefined };
  };
  const of = (given: Record<string, string | null>): ConfiguredService => ({ environment: given });

  test.each<[given: Record<string, string | null>, expected: object]>([
    [
      { POSTGRES_USER: 'u', POSTGRES_DB: 'd', POSTGRES_PASSWORD: 'p' },
      { user: 'u', name: 'd', password: 'p', port: 5432 },
    ],
    // As the official image fills in what is missing.
    [{ POSTGRES_USER: 'u' }, { user: 'u', name: 'u', password: '', port: 5432 }],
    [{}, { user: 'postgres', name: 'postgres', password: '', port: 5432 }],
    [
      { POSTGRES_USER: '', POSTGRES_DB: null },
      { user: 'postgres', name: 'postgres', password: '', port: 5432 },
    ],
    [{ PGPORT: '6000' }, { user: 'postgres', name: 'postgres', password: '', port: 6000 }],
  ])('%j', async (given, expected) => {
    expect(await login(of(given))).toEqual(expected);
  });

  test('what the image has where the configuration says nothing', async () => {
    const engine = engineWith({ Env: ['POSTGRES_USER=of_image', 'POSTGRES_DB=shop', 'PGPORT=5433'] });
    expect(await login(of({ POSTGRES_DB: 'core' }), { engine })).toEqual({
      ...{ user: 'of_image', name: 'core', password: '', port: 5433 },
    });
  });

  test('files: of a secret, of a mount, of a variable; the line breaks at the end are none of the value', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'pw'));
    writeFileSync(join(folder, 'user.txt'), 'of file\n\n');
    writeFileSync(join(folder, 'pw/password'), ' p\nq\r');
    const db = {
      environment: {
        POSTGRES_USER_FILE: '/run/secrets/user',
        POSTGRES_PASSWORD_FILE: '/etc/pw/password',
        POSTGRES_DB_FILE: '/run/secrets/name',
      },
      secrets: [{ source: 'user' }, { source: 'db', target: 'name' }],
      volumes: [{ type: 'bind', source: join(folder, 'pw'), target: '/etc/pw/' }],
    };
    const more = { secrets: { user: { file: join(folder, 'user.txt') }, db: { environment: 'NAME' } } };
    const variables = { NAME: { value: 'of variable\n' } };
    expect(await login(db, { more, variables })).toEqual({
      ...{ user: 'of file', name: 'of variable', password: ' p\nq\r', port: 5432 },
    });
  });

  test('a file that is nowhere', async () => {
    await expect(login(of({ POSTGRES_PASSWORD_FILE: '/run/secrets/pw' }))).rejects.toMatchObject({
      message: 'docker/x.yml: POSTGRES_PASSWORD_FILE=/run/secrets/pw of service db cannot be read',
      hint: 'make the file that is mounted there, then type: make check ENV=vm_stg',
    });
  });

  test.each(['other', '', 'constructor', '__proto__', 'toString'])('no service %j', async (service) => {
    const about = {
      environment: environment(),
      engine: engineWith(),
      config: { services: { db: {}, api: {} } },
    };
    const failing = readLogin(about, service);
    await expect(failing).rejects.toBeInstanceOf(ConfigurationError);
    await expect(failing).rejects.toMatchObject({
      message: `docker/x.yml has no service ${service}`,
      hint: 'databaseService in env/environments.ts or PG_SERVICE=<service> names it; there are: db, api',
    });
  });

  test.each<[what: string, variable: Partial<Variable>, given: string | null, agree: boolean]>([
    ['the same', { value: 'a b', plain: false }, 'a b', true],
    ['a dollar sign that compose interpolated', { value: 'a$HOME', plain: false }, 'a/root', false],
    ['a number sign', { value: 'un', plain: false }, 'un#quoted', false],
    ['an escape', { value: 'a\\nb', plain: false }, 'a\nb', false],
    ['empty for one of them', { value: 'x', plain: false }, '', false],
    ['empty for both', { value: '', plain: false }, null, true],
    // A compose file may set another value than the env file has; that is no difference of reading.
    ['plain', { value: 'one', plain: true }, 'two', true],
  ])('%s', async (_what, variable, given, agree) => {
    const reading = login(of({ POSTGRES_PASSWORD: given }), { variables: { POSTGRES_PASSWORD: variable } });
    if (agree) return expect(await reading).toMatchObject({ password: given ?? '' });
    const error = await reading.then(
      () => undefined,
      (reason: unknown) => reason as ConfigurationError,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error!.message).toBe(
      'env/.env.vm_stg:1: compose reads the value of POSTGRES_PASSWORD in another way than makesafe',
    );
    expect(error!.message + error!.hint).not.toContain(variable.value);
    expect(error!.hint).toMatch(/single quotes/);
  });

  test('all differences at once', async () => {
    const different = { value: 'x', plain: false };
    const variables = { POSTGRES_USER: different, POSTGRES_DB: different, OTHER: different };
    await expect(login(of({}), { variables })).rejects.toMatchObject({
      message: [
        'env/.env.vm_stg:1: compose reads the value of POSTGRES_USER in another way than makesafe',
        'env/.env.vm_stg:2: compose reads the value of POSTGRES_DB in another way than makesafe',
      ].join('\n'),
    });
  });
});

test.each<[line: string, words: string[]]>([
  ['', []],
  ['--a  -b\tc\n', ['--a', '-b', 'c']],
  [`--x='a b' "c \\"d\\$" e\\ f ''`, ['--x=a b', 'c "d$', 'e f', '']],
])('the words of %j', (line, words) => {
  expect(shellWords(line)).toEqual(words);
});

test.each<[start: string[], settings: Record<string, string>]>([
  [['docker-entrypoint.sh', 'postgres'], {}],
  [['-p', '5433'], { port: '5433' }],
  [['postgres', '-p5433', '-c', 'port=5434'], { port: '5434' }],
  [['postgres', '--port=5433', '--listen-addresses=*'], { port: '5433', listen_addresses: '*' }],
  [
    ['postgres', '-cport=1', '-h', '', '-k', '/tmp', '-D', '/x'],
    { port: '1', listen_addresses: '', unix_socket_directories: '/tmp', data_directory: '/x' },
  ],
  [['sh', '-c', 'exec docker-entrypoint.sh postgres -p 5433 -c "a.b=x y"'], { port: '5433', 'a.b': 'x y' }],
  [['postgres', '-B', '128MB', '-N', '20', '-c', 'shared_buffers=256MB'], { shared_buffers: '256MB' }],
])('the settings of %j', (start, settings) => {
  expect(Object.fromEntries(serverSettings(start))).toEqual(settings);
});

test('the options of initdb, short and long', () => {
  const { options, settings } = initdbOptions(
    `-A md5 --auth-local peer -E=x --lc-ctype=C -k --set "port=1" -c work_mem=8MB -UA --no-locale`,
  );
  expect(Object.fromEntries(options)).toEqual({
    ...{ auth: 'md5', 'auth-local': 'peer', encoding: '=x', 'lc-ctype': 'C', username: 'A', 'no-locale': '' },
  });
  expect(Object.fromEntries(settings)).toEqual({ port: '1', work_mem: '8MB' });
});

describe('what is documented of the official image', () => {
  const IMAGE = { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['postgres'] };
  const USUAL = ['PG_MAJOR=17', 'PGDATA=/var/lib/postgresql/data'];
  const OF_18 = ['PG_MAJOR=18', 'PGDATA=/var/lib/postgresql/18/docker'];
  /** As compose resolves it. */
  const resolved = ({
    command,
    entrypoint,
    volumes,
    environment,
    ...rest
  }: ConfiguredService): ConfiguredService => ({
    ...rest,
    environment: environment ?? {},
    command: typeof command === 'string' ? shellWords(command) : (command ?? null),
    entrypoint: entrypoint ?? null,
    volumes:
      (volumes as unknown as string[] | undefined)?.map((text) => {
        const [source, target] = text.split(':');
        return { type: source!.startsWith('.') ? 'bind' : 'volume', source: source!, target: target! };
      }) ?? [],
  });

  test.each(Object.entries(OFFICIAL_CASES))('%s', (_name, { db, image, refused }) => {
    const Env = image === undefined ? USUAL : OF_18;
    const { problems } = declaredBy(resolved(db), { ...IMAGE, Env });
    const said = problems.map(({ reason, remedy }) => `${reason}: ${remedy}`);
    if (refused === undefined) expect(said).toEqual([]);
    else expect(said).toEqual([expect.stringContaining(refused)]);
  });

  test('of another image nothing is said that it may not mean', () => {
    const db = { image: 'somebody/their-database', environment: {} };
    expect(declaredBy(db, { Entrypoint: ['/start'] }).problems).toEqual([]);
    expect(declaredBy(db, undefined).problems).toEqual([]);
    expect(declaredBy({ image: 'postgres:17', entrypoint: ['/mine'] }, IMAGE).problems).toEqual([]);
  });

  test.each([
    'postgres',
    'postgres:17-alpine',
    'pgvector/pgvector:pg17',
    'ghcr.io/x/postgis:17',
    'timescale/timescaledb:latest-pg17',
  ])('%s is known before the engine has it', (image) => {
    expect(declaredBy({ image }, undefined).problems).toHaveLength(1);
  });
});

test('where a file of the container comes from', () => {
  const db = {
    secrets: [{ source: 'a' }, { source: 'b', target: '/x/b' }, { source: 'c', target: 'd' }],
    configs: [{ source: 'e' }],
    volumes: [
      { type: 'bind', source: '/here', target: '/m' },
      { type: 'bind', source: '/deep', target: '/m/n/' },
      { type: 'volume', source: 'data', target: '/v' },
    ],
  };
  const config = {
    services: { db },
    secrets: { a: { file: '/f/a' }, b: { environment: 'B' }, c: { file: '/f/c' } },
    configs: { e: { content: 'text' } },
  };
  const of = (path: string): unknown => sourceOf(config, 'db', path);
  expect(of('/run/secrets/a')).toEqual({ file: '/f/a' });
  expect(of('/x/b')).toEqual({ variable: 'B' });
  expect(of('/run/secrets/d')).toEqual({ file: '/f/c' });
  expect(of('/e')).toEqual({ text: 'text' });
  expect(of('/m/p')).toEqual({ file: '/here/p' });
  expect(of('/m/n/p/q')).toEqual({ file: '/deep/p/q' });
  expect(of('/v/p')).toBeUndefined();
});
