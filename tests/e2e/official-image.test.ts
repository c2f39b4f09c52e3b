import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { sampleOf } from '../helpers/commit.ts';
import { OFFICIAL_CASES, type OfficialCase } from '../helpers/official-cases.ts';
import { docker, must, succeeded, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/**
 * All of the table by `ALL=1 npx vitest run --project e2e tests/e2e/official-image.test.ts`, some of it by
 * `ONLY=<a part of the name>`; else two lines, others with each commit.
 */
function chosen(): [string, OfficialCase][] {
  const all = Object.entries(OFFICIAL_CASES);
  const { ALL, ONLY } = process.env;
  if (ONLY !== undefined) return all.filter(([name]) => name.includes(ONLY));
  return ALL === undefined ? sampleOf(all, 2) : all;
}

const LAYOUT_OF_18 = 'makesafe-e2e-postgres:as-18';

describe.skipIf(inject('noEngine') !== '')('the official image', () => {
  const compose = {};
  const scratch = useScratch({ only: [], environments: { odd: { compose } } });
  const cases = chosen();

  beforeAll(async () => {
    if (!cases.some(([, { image }]) => image === 'as 18')) return;
    const folder = join(import.meta.dirname, '../../.ci/images/postgres');
    const made = [
      '--build-arg',
      'DATA=/var/lib/postgresql/17/docker',
      '--build-arg',
      'MOUNT=/var/lib/postgresql',
    ];
    const base = ['--build-arg', 'BASE=makesafe-base:postgresql-17'];
    await must(['docker', 'build', ...base, ...made, '--tag', LAYOUT_OF_18, folder]);
  });

  const task = (words: string | readonly string[]): Promise<Ran> =>
    scratch.runTask([...(typeof words === 'string' ? words.split(' ') : words), 'ENV=odd']);

  test.each(cases)(
    '%s',
    // Sixteen tasks.
    { timeout: 1_800_000 },
    async (_name, { db, image, sections, files = {}, refused }) => {
      for (const [file, text] of Object.entries(files)) scratch.write(join('docker', file), text, 0o644);
      const service = { image: image === undefined ? 'postgres:17' : LAYOUT_OF_18, ...db };
      scratch.write(
        'docker/odd.json',
        JSON.stringify({ services: { db: service }, volumes: { data: {} }, ...sections }),
      );
      const said: string[] = [];
      const done = async (words: string | readonly string[]): Promise<Ran> => {
        const ran = succeeded(await task(words));
        said.push(`$ ${String(words)}\n${ran.stdout}${ran.stderr}`);
        return ran;
      };
      try {
        if (refused !== undefined) {
          for (const words of ['check', 'up TIMEOUT=60']) {
            const ran = await task(words);
            expect(ran.stdout + ran.stderr, words).toContain(refused);
            expect(ran.status, words).toBe(words === 'check' ? 1 : 78);
          }
          expect(await docker('ps', '--all', '--quiet', '--filter', `name=${scratch.prefix}`)).toBe('');
          return;
        }
        scratch.write('kept.sql', 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2);');
        await done('up TIMEOUT=60');
        await done('restore-from-sql SQL=kept.sql WAIT=0');
        await done('backup');
        await done('db-reset-db-env WAIT=0');
        expect((await done('db-dump-schema-env OUT=-')).stdout).not.toContain('kept');
        const [dump] = (
          await must(['find', scratch.path('backups'), '-name', '*.dump', '-newer', scratch.path('kept.sql')])
        ).split('\n');
        await done(['restore-from-dump', `DUMP=${dump}`, 'WAIT=0']);
        await done('backup JOBS=2');
        await done('db-bootstrap-roles-env');
        await done('down');
        await done('up TIMEOUT=60');
        expect((await done('db-dump-schema-env OUT=-')).stdout).toContain('kept');
        await done('db-reset-volume-env WAIT=0');
        await done('up TIMEOUT=60');
        expect((await done('db-dump-schema-env OUT=-')).stdout).not.toContain('kept');
        expect(said.join('\n')).not.toMatch(/of the (file|mount)|p w%40@/);
      } finally {
        await task('db-reset-volume-env WAIT=0');
        for (const file of ['backups', ...Object.keys(files)])
          await must(['rm', '-rf', scratch.path(file), scratch.path('docker', file)]);
      }
    },
  );
});
