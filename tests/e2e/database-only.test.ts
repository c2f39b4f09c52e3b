import { describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const INI = 'app/backend/core_api/migrations/alembic.ini';
const data = { volumes: ['data:/var/lib/postgresql/data'] };
const volumes = { data: {} };
const published = databaseOnly({
  db: { ...data, ports: ['127.0.0.1::5433'], command: ['-p', '5433'] },
  volumes,
});

describe.skipIf(inject('noEngine') !== '')(
  'a compose file with nothing but the database, Alembic on this machine',
  () => {
    const scratch = useScratch({
      only: [],
      environments: {
        hosted: { compose: published, entry: { application: false, alembicIni: INI } },
        // Nothing is said of an application, and none is called as the sample's is.
        unsaid: { compose: published, entry: { alembicIni: INI } },
        closed: { compose: databaseOnly({ db: data, volumes }), entry: { alembicIni: INI } },
      },
    });
    const task = (words: string): Promise<Ran> => scratch.runTask(words);
    const done = async (words: string): Promise<string> => {
      const { stdout, stderr } = succeeded(await task(words));
      expect(stdout + stderr, words).not.toContain('core_api');
      return stdout + stderr;
    };

    test.each(['hosted', 'unsaid'])('%s: migrated through its published port', async (name) => {
      const before = await task(`check ENV=${name}`);
      expect(before.status).toBe(1);
      expect(before.stdout).not.toContain('core_api');
      await done(`up ENV=${name}`);
      expect(await done(`al-up-env ENV=${name}`)).toContain('migrated to head');
      expect(await done(`al-cur-env ENV=${name}`)).toContain('is at head');
      expect(await done(`check ENV=${name}`)).toMatch(/^✓ alembic +runs, and is let into core$/m);
      await done(`db-rebuild-env ENV=${name} METHOD=db WAIT=0`);
      await done(`db-verify-env ENV=${name}`);
      await done(`db-reset-volume-env ENV=${name} WAIT=0`);
    });

    test('closed: no port is published, and check says so as al-up-env does', async () => {
      await done('up ENV=closed');
      const said = /Alembic runs on this machine, and service db of docker\/closed\.json publishes no port/;
      const check = await task('check ENV=closed');
      expect(check.status).toBe(1);
      expect(check.stdout).toMatch(said);
      expect(check.stdout).toContain('write for it: ports: ["127.0.0.1:5432:5432"]');
      const up = await task('al-up-env ENV=closed');
      expect(up.stderr).toMatch(said);
      expect(up.status).toBe(78);
      // Known before, it is said before: the database that would be gone is still there.
      const rebuild = await task('db-rebuild-env ENV=closed WAIT=0');
      expect(rebuild.stderr).toContain('refused; nothing was touched');
      expect(rebuild.stderr).toMatch(said);
      expect(rebuild.status).toBe(77);
      await done('health ENV=closed');
      await done('db-reset-volume-env ENV=closed WAIT=0');
    });
  },
);
