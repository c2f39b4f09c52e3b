import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { append, create, describeChange, missingLines } from '../../lib/init/changes.ts';
import { servicesWith } from '../../lib/init/application.ts';
import { chainsIn } from '../../lib/init/chains.ts';
import { findComposeFiles, SAYS_WHICH, suffixOf } from '../../lib/init/compose-files.ts';
import { landingOf } from '../../lib/init/dockerfile.ts';
import { filesFor, groupFiles, isLocal } from '../../lib/init/environments.ts';
import { Asker } from '../../lib/init/ask.ts';
import { init } from '../../lib/init/init.ts';
import { makePlan } from '../../lib/init/plan.ts';
import { inspectVariables } from '../../lib/init/inspect.ts';
import { includeBlock, makefileText } from '../../lib/init/makefile.ts';
import { findMakefile, listFiles, projectName } from '../../lib/repository/project.ts';
import { registryText } from '../../lib/init/registry-text.ts';
import { databaseServices, readStack, type Service } from '../../lib/init/services.ts';
import { destroying, stopping } from '../../lib/repository/judge-recipe.ts';
import { lateGoal } from '../../lib/repository/goals-behind.ts';
import { scanMakefile } from '../../lib/repository/scan-makefile.ts';
import { includesUs, readTheirMakefile, spellingIn } from '../../lib/repository/their-makefile.ts';
import { packageFolder } from '../../lib/system/package-folder.ts';
import { caller } from '../../lib/output/caller.ts';
import { renderTable } from '../../lib/init/table.ts';
import { isPlainlyLocal, saysProduction } from '../../lib/init/words.ts';
import { recordingTerminal, temporaryFolder } from './support.ts';

const service = (name: string, more: Partial<Service> = {}): Service => ({
  ...{ name, image: undefined, context: undefined, environment: [], mounts: [] },
  ...more,
});

describe('the database service', () => {
  test.each<[image: string, is: boolean]>([
    ['postgres', true],
    ['postgres:17-alpine', true],
    ['postgis/postgis:16-3.4', true],
    ['timescale/timescaledb-ha:pg16', true],
    ['registry.example/team/postgres@sha256:0', true],
    ['pgvector/pgvector:pg17', true],
    ['bitnami/postgresql:16', true],
    ['postgrest/postgrest', false],
    ['prometheuscommunity/postgres-exporter', false],
    ['mysql', false],
  ])('image %s', (image, is) => {
    expect(databaseServices([service('x', { image })])).toHaveLength(is ? 1 : 0);
  });

  test('built by the team: what only a server is given', () => {
    const api = service('api', { environment: ['POSTGRES_PASSWORD', 'POSTGRES_HOST'] });
    const web = service('web', { environment: ['POSTGRES_PASSWORD', 'DATABASE_URL'] });
    const own = service('store', { context: '/p/store', environment: ['POSTGRES_PASSWORD'] });
    const kept = service('kept', { mounts: [{ source: 'data', target: '/var/lib/postgresql' }] });
    expect(databaseServices([api, web, own, kept]).map(({ name }) => name)).toEqual(['store', 'kept']);
    // An image that says it counts more.
    expect(databaseServices([own, service('db', { image: 'postgres' })]).map(({ name }) => name)).toEqual([
      'db',
    ]);
  });
});

test.each<[what: string, more: Partial<Service>, expected: string | undefined]>([
  ['in the build context', { context: '/p' }, 'backend/alembic.ini'],
  ['in a mount', { context: '/p', mounts: [{ source: '/p/backend', target: '/srv' }] }, '/srv/alembic.ini'],
  ['in another context', { context: '/p/front' }, undefined],
  ['in a folder with a longer name', { context: '/p/back' }, undefined],
  ['in a named volume', { mounts: [{ source: 'p', target: '/srv' }] }, undefined],
])('alembic.ini %s', (_what, more, expected) => {
  const found = servicesWith('/p/backend/alembic.ini', [service('api', more)]);
  expect(found).toEqual(expected === undefined ? [] : [{ service: 'api', alembicIni: expected }]);
});

test.each([
  ['as compose reads them', process.env['PATH']],
  ['as they stand, where there is no compose', '/nonexistent'],
])('compose files together, %s', async (_what, PATH) => {
  const root = temporaryFolder({
    'deploy/compose.yaml': `
name: shop
x-common: &common { environment: { A: '1' } }
services:
  db: { image: 'postgres:17', volumes: ['data:/var/lib/postgresql/data', './init:/init:ro'] }
  api:
    <<: *common
    build: ../api
volumes: { data: {} }
`,
    'deploy/compose.prod.yaml': 'services: { api: { image: api, build: { context: ../api } } }',
  });
  const before = process.env['PATH'];
  process.env['PATH'] = PATH;
  const { name, services } = await readStack(root, [
    'deploy/compose.yaml',
    'deploy/compose.prod.yaml',
  ]).finally(() => (process.env['PATH'] = before));
  expect(name).toBe('shop');
  expect(services.map((one) => one.name).sort()).toEqual(['api', 'db']);
  expect(services.find((one) => one.name === 'db')).toMatchObject({
    image: 'postgres:17',
    mounts: [
      { source: 'data', target: '/var/lib/postgresql/data' },
      { source: `${root}/deploy/init`, target: '/init' },
    ],
  });
  expect(services.find((one) => one.name === 'api')).toMatchObject({
    image: 'api',
    context: `${root}/api`,
    environment: ['A'],
  });
});

/** A compose file: with a database, with the application, with what changes them, or with something else. */
const FILE = {
  whole: 'services: { db: { image: postgres:17 }, api: { build: . } }',
  database: 'services: { db: { image: postgres:17 } }',
  application: 'services: { api: { build: . } }',
  change: 'services: { api: { environment: { A: b } } }',
  forProduction: 'services: { db: { image: postgres:17 }, api: { build: ., env_file: ../env/.env.vm_prod } }',
  saysProduction: 'services: { db: { image: postgres:17, environment: { APP_ENV: production } } }',
  extending: 'services: { db: { extends: { file: common.yml, service: db } } }',
};

describe('environments', () => {
  const group = (files: Record<string, keyof typeof FILE>, given = {}, chains: string[][] = []) => {
    const root = temporaryFolder(
      Object.fromEntries(Object.entries(files).map(([path, kind]) => [path, FILE[kind]])),
    );
    const { found } = findComposeFiles(root, Object.keys(files));
    const stated = Object.entries(given).map(([name, paths]) => ({ name, files: paths as string[] }));
    const { environments, conflicts } = groupFiles(found, stated, chains);
    return [
      ...environments.map(
        (one) => `${one.name}${one.protected ? ' (protected)' : ''}: ${one.files.join(' ')}`,
      ),
      ...conflicts.map(
        ({ name, candidates }) => `${name}? ${candidates.map((one) => one.join(' ')).join(' | ')}`,
      ),
    ];
  };

  test.each<[title: string, files: Record<string, keyof typeof FILE>, expected: string[]]>([
    ['one file', { 'compose.yaml': 'whole' }, ['dev: compose.yaml']],
    [
      'a file each',
      { 'docker/docker-compose.dev.yml': 'whole', 'docker/docker-compose.prod.yml': 'whole' },
      ['dev: docker/docker-compose.dev.yml', 'prod (protected): docker/docker-compose.prod.yml'],
    ],
    [
      'one that changes another',
      { 'compose.yaml': 'whole', 'compose.prod.yaml': 'change' },
      ['dev: compose.yaml', 'prod (protected): compose.yaml compose.prod.yaml'],
    ],
    [
      'the base lies under the local one',
      { 'compose.yaml': 'whole', 'compose.local.yaml': 'change' },
      ['local: compose.yaml compose.local.yaml'],
    ],
    [
      'the base beside a local one of its own: nobody says that it is local',
      { 'docker-compose.yml': 'whole', 'docker-compose-local.yml': 'whole' },
      ['local: docker-compose-local.yml', 'main (protected): docker-compose.yml'],
    ],
    [
      'by folder',
      { 'deploy/dev/docker-compose.yml': 'whole', 'deploy/prod/docker-compose.yml': 'whole' },
      ['dev: deploy/dev/docker-compose.yml', 'prod (protected): deploy/prod/docker-compose.yml'],
    ],
    [
      'the folder alone',
      { 'server/deploy/compose.yml': 'whole' },
      ['deploy (protected): server/deploy/compose.yml'],
    ],
    [
      'names of their own',
      {
        'local.yml': 'whole',
        'production.yml': 'whole',
        'dev.docker-compose.yml': 'whole',
        'stack-vps.yml': 'whole',
      },
      [
        ...['local: local.yml', 'dev: dev.docker-compose.yml'],
        ...['production (protected): production.yml', 'vps (protected): stack-vps.yml'],
      ],
    ],
    [
      'a name that says nothing',
      { 'granian-compose.yml': 'whole' },
      ['granian (protected): granian-compose.yml'],
    ],
    [
      'dead ones beside the live one, which its env file names',
      {
        'docker/docker-compose.yml': 'forProduction',
        'docker/archive/docker-compose.prod.yml': 'whole',
        'old/docker-compose.dev.yml': 'whole',
      },
      ['vm_prod (protected): docker/docker-compose.yml'],
    ],
    [
      'a local name, and what it is given is for production',
      { 'docker-compose.dev.yml': 'forProduction' },
      ['dev (protected): docker-compose.dev.yml'],
    ],
    [
      'no name, and it says production',
      { 'compose.yml': 'saysProduction' },
      ['dev (protected): compose.yml'],
    ],
    [
      'two that mean one',
      { 'docker-compose.dev.yml': 'whole', 'deploy/dev/compose.yml': 'whole', 'compose.prod.yml': 'whole' },
      ['prod (protected): compose.prod.yml', 'dev? docker-compose.dev.yml | deploy/dev/compose.yml'],
    ],
    [
      'a part of another, and what names no environment',
      { 'compose.yml': 'extending', 'common.yml': 'database', 'compose.gpu.yml': 'change' },
      ['dev: compose.yml'],
    ],
    [
      'a local one over a file that says production',
      { 'compose.yml': 'saysProduction', 'compose.ci.yml': 'change' },
      ['dev (protected): compose.yml', 'ci (protected): compose.yml compose.ci.yml'],
    ],
    ['no database', { 'compose.yaml': 'application', 'compose.prod.yaml': 'change' }, []],
  ])('%s', (_title, files, expected) => {
    expect(group(files)).toEqual(expected);
  });

  test('files that somebody gives, and files that the repository gives to compose together', () => {
    const files = { 'storages.yaml': 'database', 'app.yaml': 'application' } as const;
    const chain = ['storages.yaml', 'app.yaml'];
    expect(group(files)).toEqual(['storages (protected): storages.yaml']);
    expect(group(files, { dev: chain })).toEqual(['dev: storages.yaml app.yaml']);
    expect(group(files, {}, [chain])).toEqual(['dev: storages.yaml app.yaml']);
    // Whatever was taken for development is not that besides.
    expect(group({ 'compose.yml': 'whole' }, { prod: ['compose.yml'] })).toEqual([
      'prod (protected): compose.yml',
    ]);
    // A person's name for it does not make the file another one.
    expect(group({ 'compose.prod.yml': 'whole' }, { dev: ['compose.prod.yml'] })).toEqual([
      'dev (protected): compose.prod.yml',
    ]);
    const two = { 'compose.dev.yml': 'whole', 'dev/compose.yml': 'whole' } as const;
    expect(group(two, { dev: ['dev/compose.yml'] })).toEqual(['dev: dev/compose.yml']);
    expect(
      chainsIn(
        'up:\n\tdocker compose -f storages.yaml \\\n  -f app.yaml up -d\nCOMPOSE_FILE=a.yml:b.yml\nrm -f x.yml',
      ),
    ).toEqual([chain, ['a.yml', 'b.yml']]);
  });

  test('what says production: values, and names of variables', () => {
    const values = [
      'production',
      'eu-prod',
      'vmprod',
      'live',
      'prod1',
      'preprod',
      'local',
      'olive',
      'delivery',
    ];
    expect(values.filter(saysProduction)).toEqual(values.slice(0, 6));
    const variables = ['ENV', 'APP_ENV', 'SERVER_ENV', 'SENTRY_ENVIRONMENT', 'STAGE', 'APP_MODE', 'ENV_NAME'];
    const others = ['NODE_ENV', 'ENVOY', 'VENV', 'STAGES', 'SEVEN_ENVS', 'MODE'];
    expect([...variables, ...others].filter((name) => SAYS_WHICH.test(name))).toEqual(variables);
  });

  test('folders say it, whatever the words are put together of', () => {
    const names = ['vmprod', 'prod2', 'hetzner', 'shop-live'].map((name) => `${name}/compose.yml`);
    expect(group(Object.fromEntries(names.map((path) => [path, 'whole'])))).toEqual([
      'vmprod (protected): vmprod/compose.yml',
      'prod2 (protected): prod2/compose.yml',
      'hetzner (protected): hetzner/compose.yml',
      'live (protected): shop-live/compose.yml',
    ]);
  });

  test('their names say what they are', () => {
    expect(['local_dev', 'dev', 'development', 'stg', 'undev', 'test'].filter(isLocal)).toHaveLength(3);
    const local = ['local', 'dev', 'local_dev', 'localdev', 'test', 'ci', 'e2e', 'dev_override', 'devtest'];
    const others = [
      'prod',
      'vm_prod',
      'live',
      'deploy',
      'main',
      'server',
      'vps',
      'release',
      'aws',
      'stg',
      'demo',
      ...['vmprod', 'prod2', 'devserver', 'vps01', 'hetzner', 'on-ec2', 'dev2'],
    ];
    const neither = ['dev_server', 'local-prod', 'devops', 'granian', 'domain', 'delivery', ''];
    expect([...local, ...others, ...neither].filter(isPlainlyLocal)).toEqual(local);
    expect(
      ['docker-compose.vm_prod.yml', 'compose_stg.yaml', 'docker/compose.yml', 'my-compose.yml'].map(
        suffixOf,
      ),
    ).toEqual(['vm_prod', 'stg', '', 'my']);
  });

  test('those that somebody names', () => {
    const found = [
      { name: 'dev', files: ['compose.yaml'], protected: false, because: 'its name says dev' },
      { name: 'prod', files: ['compose.prod.yaml'], protected: true, because: 'prod is not plainly local' },
    ];
    const named = filesFor(['dev', 'vm_prod', 'stg'], found);
    expect(named.map((one) => [one.name, one.files, one.protected])).toEqual([
      ['dev', ['compose.yaml'], false],
      ['vm_prod', ['compose.prod.yaml'], true],
      ['stg', ['compose.yaml'], true],
    ]);
  });
});

describe('where an image has a file of its build context', () => {
  test.each<[dockerfile: string, file: string, path: string | undefined, folder: string]>([
    ['FROM python\nWORKDIR /app\nCOPY . .', 'backend/alembic.ini', '/app/backend/alembic.ini', '/app'],
    ['FROM python\nWORKDIR /app\nCOPY backend/ /app/', 'backend/alembic.ini', '/app/alembic.ini', '/app'],
    ['FROM python\nCOPY ["alembic.ini", "x", "/srv/"]', 'alembic.ini', '/srv/alembic.ini', '/'],
    ['FROM python\nWORKDIR /app\nCOPY *.ini ./', 'alembic.ini', '/app/alembic.ini', '/app'],
    ['FROM python\nWORKDIR /app\nCOPY app ./app', 'alembic.ini', undefined, '/app'],
    [
      'ARG H=/srv\nFROM python\nENV HOME_DIR=$H/x\nWORKDIR ${HOME_DIR}\nCOPY . .',
      'alembic.ini',
      '/srv/x/alembic.ini',
      '/srv/x',
    ],
    [
      'FROM python AS base\nWORKDIR /b\nCOPY --chown=1 src .\nFROM slim\nWORKDIR /app\nCOPY --from=base /b /app',
      ...(['src/alembic.ini', '/app/alembic.ini', '/app'] as const),
    ],
    [
      'FROM python AS base\nWORKDIR /b\nCOPY . .\nFROM base AS dev\nCMD x',
      'alembic.ini',
      '/b/alembic.ini',
      '/b',
    ],
  ])('%j', (dockerfile, file, path, folder) => {
    expect(landingOf(dockerfile, file)).toEqual({ path, folder });
  });
});

test('env files by their names, secrets that none defines, and what compose calls required', () => {
  const compose =
    '${DB_PASSWORD} ${API_TOKEN:?} ${SMTP_PASSWORD:-none} ${PORT:?} ${HOST} ${KNOWN:?} ${KNOWN_SECRET:?}';
  const root = temporaryFolder({
    'docker/compose.yaml': compose,
    '.env': 'KNOWN=1\n',
    'docker/.env.stg': 'KNOWN_SECRET=x\n',
    '.env.prod': '',
  });
  const { values, ...found } = inspectVariables(root, 'stg', ['docker/compose.yaml']);
  expect([...values.keys()]).toEqual(['KNOWN', 'KNOWN_SECRET']);
  expect(found).toEqual({
    envFiles: [
      '.env',
      'docker/.env.{environment}',
      { path: 'secrets/.env.{environment}.secrets', secret: true },
    ],
    secrets: ['DB_PASSWORD', 'API_TOKEN'],
    missing: [
      'PORT is in none of the env files (docker/compose.yaml:1)',
      'HOST is in none of the env files, and empty for compose (docker/compose.yaml:1)',
    ],
    absent: [],
    sign: undefined,
  });
});

test.each<[title: string, files: Record<string, string>, name: string, envFiles: string[], absent: string[]]>(
  [
    [
      'one that compose reads by itself',
      { '.env.example': 'X=1' },
      'dev',
      ['.env'],
      ['.env from .env.example'],
    ],
    ['by another name', { 'env.sample': 'X=1' }, 'dev', ['.env'], ['.env from env.sample']],
    ['with a dash', { '.env-template': 'X=1' }, 'dev', ['.env'], ['.env from .env-template']],
    [
      "the environment's own",
      { '.env.prod.example': 'X=1' },
      'prod',
      ['.env.{environment}'],
      ['.env.prod from .env.prod.example'],
    ],
    ['that defines nothing of what is used', { '.env.example': 'Y=1' }, 'dev', [], []],
    [
      'where another file defines it',
      { '.env.example': 'X=1', '.env.dev': 'X=2' },
      'dev',
      ['.env.{environment}'],
      [],
    ],
  ],
)('an env file of which only an example is there: %s', (_title, files, name, envFiles, absent) => {
  const root = temporaryFolder({
    'compose.yaml': 'services: { db: { image: "postgres:${X}" } }',
    ...files,
  });
  const found = inspectVariables(root, name, ['compose.yaml']);
  expect(found.envFiles).toEqual(envFiles);
  expect(found.absent.map(({ path, example }) => `${path} from ${example}`)).toEqual(absent);
});

/** What init would write for a repository with one compose file and more. */
const planOf = (files: Record<string, string>, given: Record<string, string> = {}) => {
  const root = temporaryFolder({ 'compose.yaml': 'services: { db: { image: postgres:17 } }', ...files });
  return makePlan(root, given, new Asker(given, recordingTerminal().terminal));
};

test.each<[title: string, files: Record<string, string>, project: RegExp]>([
  [
    'as the file states it',
    { 'compose.yaml': 'name: shop\nservices: { db: { image: postgres:17 } }' },
    /^shop$/,
  ],
  [
    'with a default in the file',
    { 'compose.yaml': 'name: ${STACK:-shop}\nservices: { db: { image: postgres:17 } }' },
    /^shop$/,
  ],
  [
    'with a value from the env file',
    {
      'compose.yaml': 'name: ${STACK:-shop}\nservices: { db: { image: postgres:17 } }',
      '.env': 'STACK=till',
    },
    /^till$/,
  ],
  ['as the env file names it', { '.env': 'COMPOSE_PROJECT_NAME=till' }, /^till$/],
  [
    "after the folder, where what is stated can't be one",
    { '.env': 'COMPOSE_PROJECT_NAME=A b' },
    /^makesafe/,
  ],
])('the project: %s', async (_title, files, project) => {
  expect((await planOf(files)).rows[0]!.project).toMatch(project);
});

test('two applications, each with an alembic.ini of its own: one question, and no answer of the other', async () => {
  const files = {
    'compose.yaml':
      'services: { db: { image: postgres:17 }, a: { build: a }, b: { build: b }, w: { build: b, command: celery } }',
    ...{ 'a/alembic.ini': '', 'b/alembic.ini': '' },
  };
  await expect(planOf(files)).rejects.toThrow(
    /^there are several alembic.ini \(a\/alembic.ini, b\/alembic.ini\), each in a service of its own; give APPLICATION_SERVICE=a\|b$/,
  );
  const { rows } = await planOf(files, { APPLICATION_SERVICE: 'b' });
  expect(rows[0]).toMatchObject({
    application: 'service b, alembic.ini',
    applicationBecause: 'APPLICATION_SERVICE; w has it too',
  });
});

test.each<[title: string, files: Record<string, string>, remarks: RegExp[]]>([
  [
    'beside the one compose file',
    { '.env.prod': 'A=1' },
    [/^\.env\.prod is for prod, .*: ENVIRONMENTS=dev,prod makes/],
  ],
  [
    'only an example',
    { '.env.production.example': 'A=1' },
    [/^\.env\.production\.example is for production, /],
  ],
  ['in a folder for them', { 'envs/live.env': 'A=1' }, [/^envs\/live\.env is for live, /]],
  [
    'two of them',
    { '.env.prod': '', 'env.stg': '' },
    [/ENVIRONMENTS=dev,prod,stg /, /ENVIRONMENTS=dev,prod,stg /],
  ],
  [
    'of an environment that is there',
    { '.env.production': '', 'compose.prod.yaml': 'services: { db: { image: postgres:17 } }' },
    [],
  ],
  ['of a front end', { 'web/.env.production': '' }, []],
  ['local ones', { '.env.local': '', '.env.dev': '', '.env.test': '', '.env': '', '.env.example': '' }, []],
])('an env file of an environment that no compose file is for: %s', async (_title, files, expected) => {
  const { remarks } = await planOf(files);
  const about = remarks.filter((one) => one.includes('no compose file is for'));
  expect(about).toEqual(expected.map((form) => expect.stringMatching(form) as string));
});

test('what becomes of files that are no environment', async () => {
  const { files } = await planOf({
    'compose.kunde.yaml': 'services: { db: { restart: always } }',
    'compose.tools.yaml': 'services: { mail: { image: mail } }',
    'deploy/compose.prod.yaml.j2': 'services: {{ x }}',
  });
  expect(files.map(({ path, became }) => `${path}: ${became}`)).toEqual([
    'compose.kunde.yaml: not used: it changes compose.yaml, and no environment is in its name',
    'compose.tools.yaml: not used: no database in it',
    'compose.yaml: dev',
    'deploy/compose.prod.yaml.j2: not used: a template or a copy (.j2)',
  ]);
});

test.each<[title: string, ignoring: Record<string, string>]>([
  ['by the usual lines', { '.gitignore': 'env/\nsecrets/\n.env.*\n' }],
  ['by their endings', { '.gitignore': '*.ts\n*.secrets\nmakefile\nMakefile\n' }],
  ['all but a few', { '.gitignore': '*\n!.gitignore\n!*.yaml\n' }],
  ['in folders of their own', { 'secrets/.gitignore': '*\n!.gitignore\n', 'env/.gitignore': '*\n' }],
  ['everywhere at once', { '.gitignore': 'env/\n*.ts\n', 'secrets/.gitignore': '*\n' }],
  ['on this machine only', { '.git/info/exclude': 'env/\nsecrets/\nmakefile\nmakesafe.*\n' }],
  ['nothing', {}],
])('what init writes is not ignored by git: %s', async (_title, ignoring) => {
  const root = temporaryFolder({
    'compose.yaml':
      'services: { db: { image: postgres:17, environment: { POSTGRES_PASSWORD: "${DB_PASSWORD}" } } }',
  });
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  expect(git('init', '--quiet').status).toBe(0);
  for (const [path, text] of Object.entries(ignoring)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { terminal, written: printed } = recordingTerminal();
  await init(terminal, root, []);
  const [, list = ''] = printed.err.match(/written: (.*)/) ?? [];
  const written = list.split(', ');
  expect(written).toContain('secrets/.env.template.secrets');
  expect(written.some((path) => /^(env\/|makesafe\.)environments\.ts$/.test(path))).toBe(true);
  expect(git('check-ignore', '--no-index', '--', ...written).stdout).toBe('');
  expect(git('check-ignore', '--no-index', '--', 'secrets/.env.dev.secrets', 'backups/x').stdout).toBe(
    'secrets/.env.dev.secrets\nbackups/x\n',
  );
});

test("the guide's lines are README's, which a test types", () => {
  const read = (file: string): string => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  const blocks = (text: string): string[] =>
    [...text.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block!);
  const [, adopting] = read('README.md').split('## Adopting it\n');
  const ours = blocks(adopting!.split(/^## /m)[0]!);
  expect(ours).toHaveLength(2);
  expect(blocks(read('docs/ADOPTING.md'))).toEqual(ours);
});

test('a repository: files nearest first, without what is not its own', () => {
  const root = temporaryFolder({
    ...{ 'compose.yaml': '', 'a/b/c.sql': '', 'a/x': '', 'node_modules/x/compose.yaml': '', '.git/x': '' },
    ...{ '.env': '', Makefile: '' },
  });
  expect(listFiles(root)).toEqual(['.env', 'Makefile', 'compose.yaml', 'a/x', 'a/b/c.sql']);
  expect(findMakefile(root)).toBe('Makefile');
  expect(findMakefile(temporaryFolder({ makefile: '', Makefile: '' }))).toBe('makefile');
  expect(findMakefile(temporaryFolder())).toBeUndefined();
  expect(projectName('/srv/__My Shop.v2')).toBe('myshopv2');
});

test('the registry, as a person would write it', () => {
  const common = { stack: 'compose', envFiles: ['.env'] } as const;
  expect(
    registryText({
      default: 'dev',
      names: { databaseService: "o'db", rolesScript: false },
      environments: {
        dev: { protected: false, local: true, composeFile: 'compose.yaml', ...common },
        'vm-prod': {
          protected: true,
          composeFile: ['deploy/compose.yaml', 'deploy/compose.production.yaml'],
          ...common,
        },
      },
    }),
  ).toMatchInlineSnapshot(`
    "import type { Registry } from 'makesafe';

    /** The environments of this repository. Data only: one entry an environment. */
    export default {
      default: 'dev',
      names: {
        envFiles: ['.env'],
        databaseService: 'o\\'db',
        rolesScript: false,
      },
      environments: {
        dev: { protected: false, local: true, composeFile: 'compose.yaml', stack: 'compose' },
        'vm-prod': {
          protected: true,
          composeFile: ['deploy/compose.yaml', 'deploy/compose.production.yaml'],
          stack: 'compose',
        },
      },
    } satisfies Registry;
    "
  `);
});

describe('changes', () => {
  test('nothing is overwritten, and nothing is added twice', () => {
    const root = temporaryFolder({ there: 'x', ignored: '/backups\nnode_modules/' });
    expect(create(root, 'there', 'y')).toEqual([]);
    expect(create(root, 'new', 'y')).toEqual([{ path: 'new', before: undefined, after: 'y' }]);
    expect(missingLines(root, 'ignored', ['/backups/', '/node_modules/', '/journal/'])).toBe('/journal/\n');
    expect(append(root, 'ignored', '/journal/\n', () => false)).toEqual([
      { path: 'ignored', before: '/backups\nnode_modules/', after: '/backups\nnode_modules/\n/journal/\n' },
    ]);
    expect(append(root, 'ignored', 'z\n', () => true)).toEqual([]);
    expect(append(root, 'ignored', '', () => false)).toEqual([]);
  });

  test('are shown as diff -u', () => {
    const { terminal } = recordingTerminal();
    expect(describeChange({ path: 'new', before: undefined, after: 'a\n' }, terminal)).toBe(
      '--- /dev/null\n+++ new\n@@ -0,0 +1,1 @@\n+a',
    );
    expect(describeChange({ path: 'x', before: 'a\n', after: 'a\nb\n' }, terminal)).toBe(
      '--- x\n+++ x\n@@ -1,1 +1,2 @@\n a\n+b',
    );
  });
});

describe('their makefile, read and not run', () => {
  const makefile = () =>
    temporaryFolder({
      Makefile: `
COMPOSE := docker compose
X := $(shell touch ran)
include more.mk
include .env
export
MAKESAFE_EXCEPT := up
up: deps ## start
	$(COMPOSE) up -d
lint fmt: ; ruff check
clean: ; @$(COMPOSE) down -v --remove-orphans
fresh: clean up
wipe:
	./scripts/wipe.sh
nuke: ; $(MAKE) fresh
stop: ; docker compose down --remove-orphans
define NOT
not-a-target: x
endef
-include node_modules/makesafe/makesafe.mk
down:
	$(COMPOSE) down
`,
      'more.mk': '.env: ; cp .env.example .env\nmore: ; true\n',
      'scripts/wipe.sh': '# docker volume rm x\npsql -c "drop database shop"\n',
    });
  test('its targets, those of what it includes, and nothing is run', () => {
    const root = makefile();
    const theirs = readTheirMakefile(root, 'Makefile');
    expect(theirs.targets.map(({ name }) => name).sort()).toEqual([
      ...['clean', 'down', 'fmt', 'fresh', 'lint', 'more', 'nuke', 'stop', 'up', 'wipe'],
    ]);
    expect(theirs).toMatchObject({ computed: false, exportsEnvFile: true });
    expect(listFiles(root)).not.toContain('ran');
  });

  test('those that destroy: by themselves, by what they stand on, or by a script', () => {
    const theirs = readTheirMakefile(makefile(), 'Makefile');
    const readScript = (path: string): string | undefined =>
      path === './scripts/wipe.sh' ? 'psql -c "drop database shop"' : undefined;
    const found = theirs.targets.filter((target) => destroying(target, theirs, readScript) !== undefined);
    expect(found.map(({ name }) => name).sort()).toEqual(['clean', 'fresh', 'nuke', 'wipe']);
  });

  test.each<[line: string, destroys: boolean]>([
    ['docker rm -fv shop-db', true],
    ['podman-compose -f a.yml down --volumes', true],
    ['docker compose up -d --renew-anon-volumes', true],
    ['docker compose exec db psql -c "DELETE FROM users"', true],
    ['echo "DROP TABLE users" | docker compose exec -T db psql', true],
    ['python manage.py flush --noinput', true],
    ['python -m app.cli reset_db', true],
    ['python tools/again.py', true],
    ['psql -f tools/again.sql', true],
    ['@tools/again', true],
    ['rm -f -r pgdata', true],
    ['flask db downgrade base', true],
    ['@echo "make reset-db: docker compose down -v"', false],
    ["printf '%s' 'drop table x' && docker compose ps", false],
    ['# docker compose down -v', false],
    ['pytest tools/again.py', false],
    ['docker compose rm -f web', false],
    ['docker compose up -d --volumes-of-nobody', false],
    ['rm -rf build', false],
  ])('%s destroys: %s', (line, destroys) => {
    const target = { name: 'x', prerequisites: [], recipe: [line], behindOurs: false };
    const theirs = { targets: [target], computed: false, exportsEnvFile: false, ours: undefined };
    const script = (path: string): string | undefined =>
      path.startsWith('tools/again') ? 'drop table users' : undefined;
    expect(destroying(target, theirs, script) !== undefined).toBe(destroys);
  });

  test.each<[text: string, exportsEnvFile: boolean, computed?: boolean]>([
    ['include .env\nexport', true],
    ['ifneq (,$(wildcard ./.env))\n  include .env\n  export\nendif', true],
    ["include .env\nexport $(shell sed 's/=.*//' .env)", true],
    ['-include $(wildcard .env .env.local)\nexport DATABASE_URL', true],
    ['include deploy/dev.env\n.EXPORT_ALL_VARIABLES:', true],
    ['ENV_FILE ?= .env\ninclude $(ENV_FILE)\nexport', true],
    ['include .env', false],
    ['export', false],
    ['include mk/*.mk', false],
    ['include $(wildcard mk/*.mk)', false],
    ['include $(shell ls mk)', false, true],
    ['include */x.mk', false, true],
  ])('%j: what reaches makesafe through make, and whether names are unknown', (text, exported, computed) => {
    const root = temporaryFolder({
      ...{
        Makefile: text,
        'mk/a.mk': 'clean: ; docker compose down -v\n',
        'mk/.hidden.mk': 'hidden: ; true\n',
      },
    });
    const theirs = readTheirMakefile(root, 'Makefile');
    expect(theirs).toMatchObject({ exportsEnvFile: exported, computed: computed ?? false });
    expect(theirs.targets.map(({ name }) => name)).toEqual(
      text.includes('*.mk') && !text.includes('*/') ? ['clean'] : [],
    );
  });

  test('those that stop', () => {
    const theirs = readTheirMakefile(makefile(), 'Makefile');
    const found = theirs.targets.filter((target) => stopping(target, theirs, () => undefined) !== undefined);
    expect(found.map(({ name }) => name).sort()).toEqual(['clean', 'down', 'fresh', 'nuke', 'stop']);
  });

  test.each<[goals: string, late: string | undefined]>([
    ['logs down', 'down'],
    ['logs lint stop', 'stop'],
    ['logs fresh', 'fresh'],
    // In front of ours it has run, and was no word.
    ['stop logs', undefined],
    ['logs lint more', undefined],
    // Ours, which stands behind theirs: make itself refuses it.
    ['logs clean', undefined],
    ['logs not-there', undefined],
  ])('make %s: the goal behind ours that is not to be run is %s', (goals, late) => {
    const theirs = readTheirMakefile(makefile(), 'Makefile');
    const ours = new Set(['logs', 'down', 'clean']);
    expect(lateGoal(goals.split(' '), 'logs', theirs, ours, () => undefined)?.goal).toBe(late);
  });

  test('the parts of a makefile', () => {
    const text = [
      'export A = 1 # no part of it',
      'B += $(A) \\',
      '  2',
      'a b: c | d ; echo one',
      '\techo two # of the shell',
      'ifdef A',
      '\techo three',
      'endif',
      'x: Y := 2',
      '\tnever',
      'define NOT',
      'z: y',
      'endef',
      '-include .env more.mk',
      '$(foreach n,1 2,$(eval t$(n): ; true))',
      'export',
    ];
    expect(scanMakefile(text.join('\n'))).toEqual([
      { kind: 'variable', name: 'A', operator: '', value: '1' },
      { kind: 'variable', name: 'B', operator: '+', value: '$(A)    2' },
      {
        kind: 'rule',
        targets: 'a b',
        prerequisites: ' c | d ',
        recipe: ['echo one', 'echo two # of the shell', 'echo three'],
      },
      { kind: 'rule', targets: '', prerequisites: '', recipe: ['never'] },
      { kind: 'include', files: '.env more.mk' },
      { kind: 'computed' },
      { kind: 'rule', targets: '$(foreach n,1 2,$(eval t$(n)', prerequisites: ' ', recipe: ['true))'] },
      { kind: 'export' },
    ]);
  });

  test('what make would really run: what is excepted, and what stands behind ours', () => {
    expect(spellingIn(readTheirMakefile(makefile(), 'Makefile'))).toEqual({
      prefix: '',
      except: ['up', 'down'],
    });
  });
});

test('what is added to a makefile', () => {
  expect(includeBlock('node_modules/makesafe', '', [])).toBe(
    '\n# makesafe: one target for each of its tasks. npx makesafe help\n-include node_modules/makesafe/makesafe.mk\n',
  );
  expect(includeBlock('node_modules/makesafe', 'ms-', ['up', 'down'])).toContain(
    'MAKESAFE_PREFIX := ms-\nMAKESAFE_EXCEPT := up down\n-include',
  );
});

test("where a workspace's package is: as Node looks for it", () => {
  const root = temporaryFolder({ 'packages/api/package.json': '{}' });
  const api = join(root, 'packages/api');
  expect(packageFolder(api)).toBe('node_modules/makesafe');
  mkdirSync(join(root, 'node_modules/makesafe'), { recursive: true });
  expect(packageFolder(api)).toBe('../../node_modules/makesafe');
  expect(makefileText(packageFolder(api), '')).toContain(
    '\ninclude ../../node_modules/makesafe/makesafe.mk\n',
  );
  expect(includesUs(includeBlock(packageFolder(api), '', []))).toBe(true);
  mkdirSync(join(api, 'node_modules/makesafe'), { recursive: true });
  expect(packageFolder(api)).toBe('node_modules/makesafe');
});

test('a package beside their package.json: in a folder of its own, and how it is called from there', () => {
  const root = temporaryFolder({ 'tools/ms/node_modules/makesafe/x': '', 'src/x': '' });
  const script = join(root, 'tools/ms/node_modules/makesafe/bin/makesafe.js');
  expect(packageFolder(root, '/elsewhere/node_modules/makesafe/bin/makesafe.js')).toBe(
    'node_modules/makesafe',
  );
  expect(packageFolder(root, script)).toBe('tools/ms/node_modules/makesafe');
  expect(makefileText('tools/ms/node_modules/makesafe', '')).toContain('[next] npm ci --prefix tools/ms');
  expect(caller(script, root)).toBe('npx --prefix tools/ms makesafe');
  for (const [own, from] of [
    [script, join(root, 'tools/ms/x')],
    [join(root, 'node_modules/makesafe/bin/makesafe.js'), join(root, 'src')],
    ['/usr/lib/node_modules/makesafe/bin/makesafe.js', root],
    [join(root, 'bin/makesafe.js'), root],
  ] as const)
    expect(caller(own, from)).toBe('npx makesafe');
  mkdirSync(join(root, '.makesafe/node_modules/makesafe'), { recursive: true });
  expect(packageFolder(root, undefined)).toBe('.makesafe/node_modules/makesafe');
  expect(caller(join(root, '.makesafe/node_modules/makesafe/bin/makesafe.js'), join(root, 'src'))).toBe(
    'npx --prefix ../.makesafe makesafe',
  );
});

test('a table of many files is no longer than thirty lines, and has each of them', () => {
  const row = {
    ...{ protected: true, because: 'prod is not plainly local', project: 'shop', database: 'db' },
    ...{ application: 'service api, alembic.ini', applicationBecause: 'its name says that it serves' },
  };
  const rows = Array.from({ length: 6 }, (_, at) => ({
    ...{ ...row, name: `prod${at}`, files: [`docker-compose.prod${at}.yml`] },
  }));
  const files = Array.from({ length: 30 }, (_, at) => ({
    path: at < 6 ? `docker-compose.prod${at}.yml` : `services/part${at}/compose.yml`,
    became: at < 6 ? `prod${at}` : 'not used: no database in it',
  }));
  const lines = renderTable(rows, files, 'env/environments.ts').split('\n');
  expect(lines.length).toBeLessThanOrEqual(30);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  for (const { path } of files) expect(lines.join('\n')).toContain(path);
  expect(renderTable(rows, files.slice(0, 8), 'x')).toMatch(/^ {2}services\/part7\/compose.yml {2}not used/m);
});
