import { describe, expect, test } from 'vitest';
import { namesOf } from '../../lib/environment/names.ts';
import type { Naming, Registry } from '../../lib/environment/entry.ts';
import { neededVariables } from '../../lib/environment/compose-variables.ts';
import { temporaryFolder } from './support.ts';

const registry = (entry: Naming, names?: Naming): Registry => ({
  default: 'stg',
  environments: { stg: { protected: false, stack: 'compose', ...entry } },
  ...(names === undefined ? {} : { names }),
});

describe('namesOf', () => {
  test('what is not stated is called as it always was', () => {
    expect(namesOf('/p', registry({ composeFile: 'docker/x.yml' }), 'stg')).toEqual({
      composeFiles: ['docker/x.yml'],
      envFiles: [
        { path: 'env/.env.common', secret: false },
        { path: 'env/.env.stg', secret: false },
        { path: 'secrets/.env.stg.secrets', secret: true },
      ],
      secretsTemplate: 'secrets/.env.template.secrets',
      profiles: [],
      databaseService: 'db',
      application: {
        stated: false,
        service: 'core_api',
        folder: undefined,
        alembicIni: '/backend/migrations/alembic.ini',
      },
      alembicOnHost: false,
      alembicIni: 'alembic.ini',
      rolesScript: 'scripts/db/bootstrap_roles.sql',
      healthUrl: undefined,
    });
  });

  test('the entry counts more than the registry, and that more than the default', () => {
    const names = {
      databaseService: 'postgres',
      application: { service: 'web', folder: '/srv' },
      rolesScript: false,
      envFiles: ['.env', '.env.{environment}'],
    } as const;
    const entry = { databaseService: 'pg', application: { service: 'api' }, envFiles: undefined };
    const found = namesOf(
      '/p',
      registry({ composeFile: 'c.yml', ...entry } as unknown as Naming, names),
      'stg',
    );
    expect(found).toMatchObject({
      databaseService: 'pg',
      application: {
        service: 'api',
        folder: undefined,
        alembicIni: '/backend/migrations/alembic.ini',
      },
      rolesScript: undefined,
      envFiles: [
        { path: '.env', secret: false },
        { path: '.env.stg', secret: false },
      ],
    });
  });

  const OVERRIDE = { 'compose.override.yaml': '', 'docker-compose.override.yml': '' };
  test.each<[title: string, files: Record<string, string>, given: string | string[], expected: string[]]>([
    ['none beside it', {}, 'compose.yaml', ['compose.yaml']],
    ['beside a default name', OVERRIDE, 'compose.yaml', ['compose.yaml', 'compose.override.yaml']],
    // compose takes the first of the names, whatever the file beside it is called.
    ['of another family', OVERRIDE, 'docker-compose.yml', ['docker-compose.yml', 'compose.override.yaml']],
    [
      'in a folder',
      { 'docker/docker-compose.override.yaml': '' },
      'docker/docker-compose.yml',
      ['docker/docker-compose.yml', 'docker/docker-compose.override.yaml'],
    ],
    ['beside another name', OVERRIDE, 'compose.prod.yaml', ['compose.prod.yaml']],
    ['beside a list, which is taken as it is', OVERRIDE, ['compose.yaml'], ['compose.yaml']],
    ['a list', {}, ['compose.yaml', '{environment}.yaml'], ['compose.yaml', 'stg.yaml']],
  ])('override file: %s', (_title, files, composeFile, expected) => {
    expect(namesOf(temporaryFolder(files), registry({ composeFile }), 'stg').composeFiles).toEqual(expected);
  });
});

test.each<[text: string, needed: string[]]>([
  ['${A:?message} ${B?} ${C} $D ${E:-x} ${F-x} ${G:+x}', ['A', 'B']],
  ['${POSTGRES_DB} $POSTGRES_USER ${POSTGRES_PASSWORD:-x}', ['POSTGRES_DB', 'POSTGRES_USER']],
  ['$${A:?} $$POSTGRES_DB', []],
  ['  # ${A:?}\nx: ${B:?} # c', ['B']],
  ['${A:?} ${A:?}', ['A']],
])('neededVariables of %s', (text, needed) => {
  expect(neededVariables(text).map(({ name }) => name)).toEqual(needed);
});

/** What compose reads as empty must not become a path in the root of the file system. */
test.each<[line: string, begins: string[]]>([
  ['      - ${DATA}/pg:/var/lib/postgresql/data', ['DATA']],
  ['      - "$DATA/pg:/var/lib/postgresql/data:rw"', ['DATA']],
  ['    volumes: ["${DATA}/pg:/data", "${LOGS}/x:/logs"]', ['DATA', 'LOGS']],
  ['        source: ${DATA}/pg', ['DATA']],
  ["      device: '$DATA/pg'", ['DATA']],
  ['      - ${PWD}/pg:/data', []],
  ['      - ${DATA:-.}/pg:/data', []],
  ['      - ./${DATA}/pg:/data', []],
  ['      - ${DATA}:/data', []],
  ['    image: ${REGISTRY}/shop:1', []],
  ['      - ${BIND}:5432:5432', []],
  ['      # - ${DATA}/pg:/data', []],
])('a path that begins with a variable is needed: %s', (line, begins) => {
  expect(neededVariables(`services:\n${line}\n`)).toEqual(
    begins.map((name) => ({ name, required: false, beginsPath: true, line: 2 })),
  );
});

test('what compose has without an env file', () => {
  expect(neededVariables('${PWD:?} ${HOME:?} ${COMPOSE_PROJECT_NAME:?} ${COMPOSE_FILE:?} ${UID:?}')).toEqual([
    ...['COMPOSE_FILE', 'UID'].map((name) => ({ name, required: true, beginsPath: false, line: 1 })),
  ]);
});
