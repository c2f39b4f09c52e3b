import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { findPlugin } from '../../lib/stack/compose/engine/plugin.ts';
import { databaseOnly } from '../helpers/compose-files.ts';
import { docker, succeeded } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const INI = 'app/backend/core_api/migrations/alembic.ini';

describe.skipIf(inject('noEngine') !== '')('a rebuild that was done before, on compose', () => {
  const app = { image: 'postgres:17', entrypoint: ['sleep', 'infinity'], environment: { WORD: '${WORD}' } };
  const { services } = databaseOnly({ db: { ports: ['127.0.0.1::5432'] } }) as { services: object };
  const scratch = useScratch({
    only: [],
    environments: {
      kept: {
        compose: { services: { ...services, app } },
        entry: { local: true, alembicIni: INI, application: false },
        env: { WORD: 'first' },
      },
    },
  });
  const rebuild = 'db-rebuild-env ENV=kept METHOD=db';
  const filter = (service: string): string[] => [
    ...['--filter', `label=com.docker.compose.project=${scratch.project('kept')}`],
    ...['--filter', `label=com.docker.compose.service=${service}`],
  ];
  /** ID, and when it started. */
  const running = async (service: string): Promise<string> => {
    const id = await docker('ps', '--quiet', ...filter(service));
    return id === '' ? 'none' : docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', id);
  };
  const word = async (): Promise<string> =>
    docker('exec', await docker('ps', '--quiet', ...filter('app')), 'printenv', 'WORD');
  const taken = async (env = {}): Promise<void> => {
    const { stderr } = succeeded(await scratch.runTask(`${rebuild} WAIT=0`, { env }));
    expect(stderr).toContain('has made of the same files is taken');
  };
  /** The commands that compose was called with, of those that change something: docker finds this plugin first. */
  const changing = async (work: (env: Record<string, string>) => Promise<void>): Promise<string[]> => {
    const settings = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
    const [folder, calls] = ['docker-config', scratch.path('calls')];
    const text = `#!/bin/sh\necho " $* " >>'${calls}'\nexec '${findPlugin(settings)!}' "$@"\n`;
    scratch.write(`${folder}/cli-plugins/docker-compose`, text, 0o755);
    scratch.write('calls', '');
    await work({ DOCKER_CONFIG: scratch.path(folder) });
    expect(readFileSync(calls, 'utf8')).toMatch(/ config /);
    return (
      readFileSync(calls, 'utf8').match(/(?<= )(up|create|start|restart|run|build|stop|down)(?= )/g) ?? []
    );
  };

  beforeAll(async () => {
    await scratch.mustTask('up ENV=kept');
    await scratch.mustTask(`${rebuild} WAIT=0`);
  });

  test('what runs as it should goes on running', async () => {
    const before = [await running('db'), await running('app')];
    expect(await changing(taken)).toEqual([]);
    expect([await running('db'), await running('app')]).toEqual(before);
  });

  test('what has stopped is started', async () => {
    await docker('stop', '--time', '0', (await running('app')).split(' ')[0]!);
    expect(await changing(taken)).toContain('up');
    expect(await running('app')).not.toBe('none');
  });

  test('what stops while the person reads the screen is started', async () => {
    const id = (await running('app')).split(' ')[0]!;
    const rebuilding = scratch.startTask(`${rebuild} WAIT=3`);
    await rebuilding.printed('this will be destroyed');
    await docker('kill', id);
    succeeded(await rebuilding.ended);
    expect(await running('app')).not.toBe('none');
  });

  test('what was made from another configuration is made anew', async () => {
    expect(await word()).toBe('first');
    const file = 'env/.env.kept';
    scratch.write(file, readFileSync(scratch.path(file), 'utf8').replace('WORD=first', 'WORD=second'));
    // A variable belongs to the key, so this one is made from nothing; the next one is taken.
    await scratch.mustTask(`${rebuild} WAIT=0`);
    expect(await word()).toBe('second');
    await docker('rm', '--force', (await running('app')).split(' ')[0]!);
    await taken();
    expect(await word()).toBe('second');
  });
});
