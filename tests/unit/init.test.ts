import { describe, expect, test } from 'vitest';
import { append, create, describeChange, missingLines } from '../../lib/init/changes.ts';
import { filesFor, groupFiles, isComposeFile, isLocal, isProtected } from '../../lib/init/environments.ts';
import { inspectVariables } from '../../lib/init/inspect.ts';
import { includeBlock, parseDatabase } from '../../lib/init/makefile.ts';
import { findMakefile, listFiles, projectName } from '../../lib/init/project.ts';
import { registryText } from '../../lib/init/registry-text.ts';
import { databaseServices, readStack, servicesWith, type Service } from '../../lib/init/services.ts';
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

describe('environments', () => {
  const group = (withDatabase: string[], paths: string[]) =>
    groupFiles(paths, (files) => files.some((file) => withDatabase.includes(file))).map(
      ({ name, files }) => `${name}: ${files.join(' ')}`,
    );

  test.each<[title: string, withDatabase: string[], paths: string[], expected: string[]]>([
    ['one file', ['compose.yaml'], ['compose.yaml'], ['dev: compose.yaml']],
    [
      'a file each',
      ['docker/docker-compose.dev.yml', 'docker/docker-compose.prod.yml'],
      ['docker/docker-compose.dev.yml', 'docker/docker-compose.prod.yml'],
      ['dev: docker/docker-compose.dev.yml', 'prod: docker/docker-compose.prod.yml'],
    ],
    [
      'one that changes another',
      ['compose.yaml'],
      ['compose.yaml', 'compose.prod.yaml'],
      ['dev: compose.yaml', 'prod: compose.yaml compose.prod.yaml'],
    ],
    [
      'the base is for development under another name',
      ['compose.yaml'],
      ['compose.yaml', 'compose.local.yaml'],
      ['local: compose.yaml compose.local.yaml'],
    ],
    ['no database', [], ['compose.yaml', 'compose.prod.yaml'], []],
  ])('%s', (_title, withDatabase, paths, expected) => {
    expect(group(withDatabase, paths)).toEqual(expected);
  });

  test('their names say what they are', () => {
    expect(['local_dev', 'dev', 'development', 'stg', 'undev'].filter(isLocal)).toHaveLength(3);
    expect(['prod', 'vm_prod', 'production', 'live', 'stg'].filter(isProtected)).toHaveLength(4);
    const files = [
      'compose.yaml',
      'docker-compose.yml',
      'docker-compose.prod.yml',
      'docker/compose_stg.yaml',
    ];
    expect(
      [...files, 'compose.override.yaml', 'composer.yaml', 'my-compose.yml'].filter(isComposeFile),
    ).toEqual(files);
  });

  test('those that somebody names', () => {
    const found = [
      { name: 'dev', files: ['compose.yaml'] },
      { name: 'prod', files: ['compose.prod.yaml'] },
    ];
    expect(filesFor(['dev', 'vm_prod', 'stg'], found)).toEqual([
      { name: 'dev', files: ['compose.yaml'] },
      { name: 'vm_prod', files: ['compose.prod.yaml'] },
      { name: 'stg', files: ['compose.yaml'] },
    ]);
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
  expect(inspectVariables(root, 'stg', ['docker/compose.yaml'])).toEqual({
    envFiles: [
      '.env',
      'docker/.env.{environment}',
      { path: 'secrets/.env.{environment}.secrets', secret: true },
    ],
    secrets: ['DB_PASSWORD', 'API_TOKEN'],
    missing: ['PORT'],
  });
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

test('the targets in what make -p prints', () => {
  const printed = `# Files

# Not a target:
Makefile:
#  Implicit rule search has been done.

up: deps
#  Phony target (prerequisite of .PHONY).

build::
variable := 5
a.o: a.c
.PHONY: up
%.o: %.c
`;
  expect(parseDatabase(printed)).toEqual(['a.o', 'build', 'up']);
});

test('what is added to a makefile', () => {
  expect(includeBlock('', [])).toBe(
    '\n# makesafe: one target for each of its tasks. npx makesafe help\n-include node_modules/makesafe/makesafe.mk\n',
  );
  expect(includeBlock('ms-', ['up', 'down'])).toContain(
    'MAKESAFE_PREFIX := ms-\nMAKESAFE_EXCEPT := up down\n-include',
  );
});
