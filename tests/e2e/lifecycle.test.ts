import { describe, expect, inject, test } from 'vitest';
import { databaseOnly, type Service } from '../helpers/compose-files.ts';
import { asker } from '../helpers/database.ts';
import { docker, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const DATA = '/var/lib/postgresql/data';
/** Where the official image of version 18 has it. */
const DATA_18 = '/var/lib/postgresql/18/docker';

/** A named volume, mounted as given. */
const mounted = (at: string, db: Service = {}): object =>
  databaseOnly({ db: { volumes: [`postgres_data:${at}`], ...db }, volumes: { postgres_data: {} } });
const pgdata = (path: string): Service => ({ environment: { PGDATA: path } });

/** Ways in which a container's data is not where the next container looks. */
const KINDS: Readonly<Record<string, { compose: object; says: RegExp; change: string }>> = {
  // As a file for version 18 has it, met by 17: PGDATA is in the image's anonymous volume.
  above: {
    compose: mounted('/var/lib/postgresql'),
    says: /\(\/var\/lib\/postgresql\/data\) is in anonymous volume [0-9a-f]{12}/,
    change: `write "postgres_data:${DATA}" instead of "postgres_data:/var/lib/postgresql"`,
  },
  // The mirror image.
  beside: {
    compose: mounted(DATA, pgdata(DATA_18)),
    says: /\(\/var\/lib\/postgresql\/18\/docker\) is in the container's own layer/,
    change: `"data:${DATA_18}"`,
  },
  layer: {
    compose: databaseOnly({ db: pgdata('/pgdata') }),
    says: /\(\/pgdata\) is in the container's own layer/,
    change: '"data:/pgdata"',
  },
  unnamed: {
    compose: databaseOnly(),
    says: /is in anonymous volume/,
    change: `"data:${DATA}"`,
  },
};

describe.skipIf(inject('noEngine') !== '')(
  'the data of a stack whose containers are removed or made anew',
  () => {
    const environments = Object.fromEntries([
      ...Object.entries(KINDS).map(([name, { compose }]) => [name, { compose }]),
      ...Object.entries(KINDS).map(([name, { compose }]) => [
        `${name}_prod`,
        { compose, entry: { protected: true } },
      ]),
      ['memory', { compose: databaseOnly({ db: { tmpfs: [DATA] } }) }],
      ['changing', { compose: mounted(DATA) }],
      ['good', { compose: mounted(DATA) }],
    ]) as Record<string, { compose: object }>;
    const scratch = useScratch({ only: [], environments });

    const done = async (words: string): Promise<Ran> => scratch.mustTask(words);
    const database = (name: string): ReturnType<typeof asker> => asker(scratch, name, 'app', 'core');

    /** Starts it and puts a row in. */
    async function filled(name: string): Promise<Ran> {
      const ran = await done(`up ENV=${name}`);
      await database(name).sql('CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS x');
      return ran;
    }
    const rows = (name: string): Promise<string> => database(name).sql('SELECT x FROM kept');

    describe.each(Object.entries(KINDS))('%s', (name, { says, change }) => {
      test('up warns, check fails, down stops and keeps the container, up has the data again', async () => {
        const { stderr } = await filled(name);
        expect(stderr).toMatch(/\[warn\] the data of .*-db-1/);
        expect(stderr).toMatch(says);
        expect(stderr).toContain(change);

        const check = await scratch.runTask(`check ENV=${name}`);
        expect(check.status).toBe(1);
        expect(check.stdout).toMatch(/^✗ storage /m);
        expect(check.stdout).toContain(change);

        const down = await done(`down ENV=${name}`);
        expect(down.stderr).toContain('so the containers are stopped, and not removed');
        expect(down.stderr).toContain(
          `[ok] ${name} is stopped; its containers are kept, and the data with them`,
        );
        expect(down.stderr).toContain(change);
        expect(down.stderr).not.toContain('its data stays');

        await done(`up ENV=${name}`);
        expect(await rows(name)).toBe('42');
      });

      test('a protected environment refuses down: 77', async () => {
        const prod = `${name}_prod`;
        await filled(prod);
        const { status, stderr } = await scratch.runTask(`down ENV=${prod}`);
        expect(status).toBe(77);
        expect(stderr).toContain('refused; nothing was touched');
        expect(stderr).toMatch(says);
        expect(stderr).toContain(change);
        expect(stderr).toContain(`make backup ENV=${prod}`);
        expect(await rows(prod)).toBe('42');
      });
    });

    test('data in memory: neither down nor restart, on any environment', async () => {
      await filled('memory');
      for (const task of ['down', 'restart']) {
        const { status, stderr } = await scratch.runTask(`${task} ENV=memory`);
        expect(status).toBe(77);
        expect(stderr).toContain('is in memory (tmpfs), which ends when the container stops');
      }
      expect(await rows('memory')).toBe('42');
    });

    test('a compose file that was changed: down keeps the container, up refuses, and the file put back goes on', async () => {
      await filled('changing');
      const file = 'docker/changing.json';
      const before = scratch.read(file);
      scratch.write(file, before.replaceAll('postgres_data', 'other_data'));
      for (const task of ['up', 'rebuild']) {
        const { status, stderr } = await scratch.runTask(`${task} ENV=changing`);
        expect(status).toBe(77);
        const [old, other] = ['postgres', 'other'].map((one) => `${scratch.project('changing')}_${one}_data`);
        expect(stderr).toContain(`is in volume ${old}, and a new container would use volume ${other}`);
        expect(stderr).toContain('is mounted: put that back');
      }
      const down = await done('down ENV=changing');
      expect(down.stderr).toContain('its containers are kept');
      scratch.write(file, before);
      await done('up ENV=changing');
      expect(await rows('changing')).toBe('42');

      // Without a container only what was seen before tells of it.
      await done('down ENV=changing');
      scratch.write(file, before.replaceAll('postgres_data', 'other_data'));
      const { status, stderr } = await scratch.runTask('up ENV=changing');
      expect(status).toBe(77);
      expect(stderr).toContain('the server would be new and empty, and data is there already');
      const check = await scratch.runTask('check ENV=changing');
      expect(check.stdout).toMatch(/^✗ storage /m);
      scratch.write(file, before);
      await done('up ENV=changing');
      expect(await rows('changing')).toBe('42');
    });

    test('down stops what compose leaves, a service behind a profile, and says so', async () => {
      await filled('good');
      const tools = { image: 'postgres:17', entrypoint: ['sleep', '3600'], init: true, profiles: ['tools'] };
      const composed = JSON.parse(scratch.read('docker/good.json')) as { services: object };
      const services = { ...composed.services, pg_tools: tools };
      scratch.write('docker/good.json', JSON.stringify({ ...composed, services }));
      await scratch.compose('good', '--profile', 'tools', 'up', '--detach', 'pg_tools');
      const { stderr } = await done('down ENV=good');
      const project = scratch.project('good');
      expect(stderr).toContain(
        `[ok] good is stopped; its data stays in volume ${project}_postgres_data; stopped and kept, because compose leaves it: ${project}-pg_tools-1 (pg_tools)`,
      );
      expect(await docker('ps', '--quiet', '--filter', `name=${project}`)).toBe('');
    });
  },
);
