import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';

/** Who claims to be at home gains nothing by it, unless that is so. */

describe('a file that claims to be a backup of the environment', () => {
  const scratch = useEmbedded();
  const db = localAsker(scratch);
  let dump = '';
  const owner = (): Promise<string> =>
    db.sql(`SELECT proowner::regrole FROM pg_proc WHERE proname = 'secret'`);
  const isClosed = (): Promise<string> =>
    db.sql(`SELECT NOT has_function_privilege('app_readonly', 'secret()', 'EXECUTE')`);
  const restore = (file: string, more = ''): Promise<Ran> =>
    scratch.runTask(`restore-from-dump ENV=local_demo WAIT=0 DUMP=${file} ALLOW=less${more}`);

  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
    await scratch.mustTask('db-bootstrap-roles-env ENV=local_demo');
    await db.sql(
      `CREATE ROLE app_secret; CREATE FUNCTION secret() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 42';
       REVOKE ALL ON FUNCTION secret() FROM PUBLIC; ALTER FUNCTION secret() OWNER TO app_secret;
       CREATE SEQUENCE counting_what_nobody_counts`,
    );
    dump = (await scratch.mustTask('backup ENV=local_demo BACKUP_DIR=taken')).stdout.trim();
  }, PATIENCE);
  beforeEach(() => {
    copyFileSync(scratch.path(dump), scratch.path('given.dump'));
    copyFileSync(scratch.path(`${dump}.json`), scratch.path('given.dump.json'));
  });
  const facts = (): Record<string, unknown> =>
    JSON.parse(scratch.read(`${dump}.json`)) as Record<string, unknown>;

  test('is at home under any name, where its facts and its seal are beside it', async () => {
    const { stderr } = succeeded(await restore('given.dump'));
    expect(stderr).toContain('it is a backup of local_demo itself');
    expect([await owner(), await isClosed()]).toEqual(['app_secret', 't']);
  });

  test.each<[what: string, change: () => void]>([
    [
      'other facts',
      () => scratch.write('given.dump.json', JSON.stringify({ ...facts(), serverVersion: '17.9' }), 0o600),
    ],
    [
      'another file',
      () => {
        // The same length, so that no place in it is another one.
        const bytes = readFileSync(scratch.path(dump));
        bytes.write('app_sekret', bytes.indexOf('app_secret'), 'latin1');
        copyFileSync(scratch.path(dump), scratch.path('given.dump'));
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        writeFileSync(scratch.path('given.dump'), bytes);
        scratch.write('given.dump.json', JSON.stringify({ ...facts(), sha256 }), 0o600);
      },
    ],
    [
      'the name of this environment in the facts of another one',
      () =>
        scratch.write(
          'given.dump.json',
          JSON.stringify({ ...facts(), seal: { salt: 'x', digest: 'y' } }),
          0o600,
        ),
    ],
  ])('is none with %s', async (_what, change) => {
    change();
    const { stderr } = succeeded(await restore('given.dump'));
    expect(stderr).toContain('nothing proves that it was taken here');
    expect(stderr).toMatch(/closed to PUBLIC there, and open to it here: .*secret/);
    expect(await owner()).toBe('app_demo');
  });

  test('one whose password is another one by now is at home by word only', async () => {
    scratch.write('given.dump.json', JSON.stringify({ ...facts(), seal: undefined }), 0o600);
    succeeded(await restore('given.dump', ',home'));
    expect([await owner(), await isClosed()]).toEqual(['app_secret', 't']);
    succeeded(await restore(dump, ',norights'));
    expect(await owner()).toBe('app_demo');
  });

  test('at home by word, a file gets owners and privileges, and no statement with our rights', async () => {
    const bytes = readFileSync(scratch.path(dump));
    const original = `SELECT pg_catalog.setval('public.counting_what_nobody_counts', 1, false);`;
    // Only a superuser may.
    const doctored = `SELECT pg_catalog.pg_read_file('PG_VERSION');`.padEnd(original.length);
    bytes.write(doctored, bytes.indexOf(original), 'latin1');
    writeFileSync(scratch.path('given.dump'), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    scratch.write('given.dump.json', JSON.stringify({ ...facts(), sha256 }), 0o600);
    const { status, stderr } = await restore('given.dump', ',home');
    expect(stderr).toMatch(/permission denied for function pg_read_file/);
    expect(stderr).toContain('the old database core_demo is in use, unchanged');
    expect(status).toBe(1);
  });

  test('what needs a role that is not here is said before, and on record', async () => {
    await db.sql('DROP OWNED BY app_secret; DROP ROLE app_secret');
    const { stderr } = succeeded(await restore(dump));
    expect(stderr).toMatch(
      /\[warn\] left out of it:\n.*- owner of FUNCTION public\.secret\(\).*: role app_secret is not here/,
    );
    expect([await owner(), await isClosed()]).toEqual(['app_demo', 't']);
    const { stdout } = await scratch.mustTask('journal ENV=local_demo');
    expect(stdout).toContain('role app_secret is not here');
    await db.sql('CREATE ROLE app_secret');
  });
});
