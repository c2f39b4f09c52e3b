import { beforeAll, describe, expect, inject, test } from 'vitest';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const COMPOSE = 'docker/docker-compose.dev.yml';

describe.skipIf(inject('noEngine') !== '')('al-cur-env asks where the application runs', () => {
  const scratch = useScratch({ only: ['local_dev'] });

  /** Containers that a command has made to run Alembic in. */
  async function madeBy(command: string): Promise<string[]> {
    const since = new Date().toISOString();
    const { stderr } = await scratch.mustTask(command);
    expect(stderr).toContain('[ok] local_dev is at head');
    const filters = ['event=create', 'label=makesafe.migrations'].flatMap((one) => ['--filter', one]);
    const until = new Date().toISOString();
    const format = '{{.Actor.Attributes.name}}';
    const made = await docker('events', '--since', since, '--until', until, ...filters, '--format', format);
    return made.split('\n').filter((name) => name.startsWith(`${scratch.project('local_dev')}-`));
  }

  beforeAll(async () => {
    for (const command of ['up', 'al-up']) await scratch.mustTask(command);
  }, 300_000);

  test('where it runs as the files say, and makes no container', async () => {
    expect(await madeBy('al-cur-env ENV=local_dev')).toEqual([]);
  });

  test('in a container of its own where the files have changed since, until they are what runs', async () => {
    const service = /^ {2}core_api:\n/m;
    const changed = scratch.read(COMPOSE).replace(service, '$&    labels: { changed: "1" }\n');
    scratch.write(COMPOSE, changed);
    expect(await madeBy('al-cur-env ENV=local_dev')).toHaveLength(1);
    await scratch.mustTask('up');
    expect(await madeBy('al-cur-env ENV=local_dev')).toEqual([]);
  });

  test('in one of its own where the application is stopped', async () => {
    await docker('stop', '--time', '0', await scratch.container('local_dev', 'core_api'));
    expect(await madeBy('al-cur-env ENV=local_dev')).toHaveLength(1);
  });
});
