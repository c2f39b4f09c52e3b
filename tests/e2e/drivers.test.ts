import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { asker } from '../helpers/database.ts';
import { useScratch, type ExtraEnvironment } from '../helpers/scratch.ts';
import { RELEASES, driversSuite, type Release } from '../shared/drivers-suite.ts';

/**
 * What is put in front of the image's own modules: those that need nothing compiled, for this machine's Python may be
 * another one. Psycopg 2 and asyncpg are always the image's, and where the current releases are missing, all is.
 */
const MODULES = ['alembic', 'sqlalchemy', 'psycopg', 'mako', 'typing_extensions.py'];

const environment = (isProtected: boolean): ExtraEnvironment => ({
  entry: {
    protected: isProtected,
    // The tables are put back by hand.
    wall: false,
    application: { service: 'core_api', alembicIni: '/backend/alembic.ini' },
    rolesScript: false,
  },
  env: { POSTGRES_PASSWORD: 'app' },
  compose: {
    services: {
      db: {
        image: 'postgres:17',
        command: ['postgres', '-c', 'fsync=off'],
        environment: { POSTGRES_USER: 'app', POSTGRES_PASSWORD: '${POSTGRES_PASSWORD}', POSTGRES_DB: 'core' },
        volumes: ['data:/var/lib/postgresql/data'],
      },
      core_api: {
        image: 'python:3.13',
        init: true,
        command: ['sleep', 'infinity'],
        environment: {
          ...{ POSTGRES_HOST: 'db', POSTGRES_PORT: '5432', POSTGRES_USER: 'app', POSTGRES_DB: 'core' },
          ...{ POSTGRES_PASSWORD: '${POSTGRES_PASSWORD}' },
          ...{ PYTHONPATH: '/modules', PYTHONDONTWRITEBYTECODE: '1' },
        },
        volumes: ['./source:/backend:ro', './modules:/modules:ro'],
      },
    },
    volumes: { data: {} },
  },
});

describe.skipIf(inject('noEngine') !== '')('compose', () => {
  const scratch = useScratch({
    only: [],
    environments: { live: environment(true), spare: environment(false) },
  });
  const { sql } = asker(scratch, 'live', 'app', 'core');
  /** Into the folder that is mounted, which itself stays. */
  const use = (release: Release): string => {
    const mounted = scratch.path('docker/modules');
    mkdirSync(mounted, { recursive: true });
    for (const name of readdirSync(mounted)) rmSync(join(mounted, name), { recursive: true });
    for (const name of MODULES.filter((one) => existsSync(join(RELEASES[release].modules, one))))
      cpSync(join(RELEASES[release].modules, name), join(mounted, name), {
        recursive: true,
        filter: (source) => !source.endsWith('__pycache__') && !source.endsWith('.so'),
      });
    return '';
  };
  driversSuite('compose', {
    ...{ scratch, folder: 'docker/source', sql, use },
    releases: ['debian', 'current'],
  });
});
