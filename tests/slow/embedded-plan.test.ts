import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { type Ran } from '../helpers/processes.ts';

describe('the plan of a reset, of an embedded server', () => {
  const entry = { stack: 'embedded' } as const;
  const scratch = useEmbedded({
    only: [],
    environments: { demo: { entry }, kept: { entry: { ...entry, protected: true } } },
  });
  const RESET = 'db-reset-volume-env WAIT=0 ENV=';
  const outside = (name: string): string => join(scratch.outside, name);
  const refused = ({ status, stderr }: Ran, ...reasons: string[]): void => {
    for (const reason of reasons) expect(stderr).toContain(reason);
    expect(stderr).toContain('refused; nothing was touched');
    expect(stderr).not.toContain('[ok] ');
    expect(status).toBe(77);
  };

  beforeAll(async () => {
    await scratch.mustTask('up ENV=demo');
    await scratch.mustTask('up ENV=kept');
  }, PATIENCE);

  test('a tablespace elsewhere would stay: refused by name; without it the folder on the screen goes', async () => {
    const { sql } = localAsker(scratch, 'demo', 'app', 'core');
    const fast = outside('fast');
    mkdirSync(fast);
    await sql(`CREATE TABLESPACE fast LOCATION '${fast}'`);
    const before = readdirSync(fast);
    refused(
      await scratch.runTask(`${RESET}demo`),
      'tablespace ',
      `lies elsewhere (${fast}) and would stay`,
      'make db-reset-db-env ENV=demo',
    );
    expect(readdirSync(fast)).toEqual(before);
    await sql('DROP TABLESPACE fast');
    const { status, stderr } = await scratch.runTask(`${RESET}demo`);
    expect(stderr).toContain(`folders      ${scratch.data('demo')} (the database's storage)`);
    expect(stderr).toContain('[ok] demo: ');
    expect(status).toBe(0);
    expect(existsSync(scratch.data('demo'))).toBe(false);
  });

  test.each([
    ['pg_wal', (): string => join(scratch.data('demo'), 'pg_wal'), (): string => 'pg_wal'],
    ['the data directory', (): string => scratch.data('demo'), (): string => scratch.data('demo')],
  ])('%s is a link: refused by name, and nothing is gone', async (_what, place, name) => {
    await scratch.mustTask('up ENV=demo');
    await scratch.mustTask('down ENV=demo');
    const elsewhere = outside('elsewhere');
    rmSync(elsewhere, { recursive: true, force: true });
    renameSync(place(), elsewhere);
    symlinkSync(elsewhere, place());
    const before = readdirSync(elsewhere).sort();
    const words = `${name()} lies elsewhere (${elsewhere}) and would stay`;
    refused(await scratch.runTask(`${RESET}demo`), words);
    expect(readdirSync(elsewhere).sort()).toEqual(before);
    rmSync(place());
    renameSync(elsewhere, place());
    await scratch.mustTask(`${RESET}demo`);
    expect(existsSync(scratch.data('demo'))).toBe(false);
  });

  test('what a killed run has left goes too, and is on the screen', async () => {
    await scratch.mustTask('up ENV=demo');
    const old = scratch.path('.embedded/demo/data.old');
    mkdirSync(join(old, 'base'), { recursive: true });
    const { stderr } = await scratch.mustTask(`${RESET}demo`);
    expect(stderr).toContain(`${old} (left by a run that was killed)`);
    expect(existsSync(old)).toBe(false);
  });

  test.each([
    ['in the storage', '.embedded/kept/data/backups'],
    ['behind a link', 'behind'],
  ])('BACKUP_DIR %s: refused before the backup is taken, by a reset and by backup', async (_how, place) => {
    if (place === 'behind') symlinkSync('.embedded/kept/data/base', scratch.path('behind'));
    const before = readdirSync(scratch.data('kept')).sort();
    const ran = await scratch.runTask(`${RESET}kept FORCE=1 BACKUP_DIR=${place}`);
    refused(
      ran,
      `BACKUP_DIR (${scratch.path(place)}) lies in folder ${scratch.data('kept')}, which will be removed`,
    );
    const backup = await scratch.runTask(`backup ENV=kept BACKUP_DIR=${place}`);
    // By its place, before the server is asked.
    expect(backup.stderr).toContain(
      `BACKUP_DIR=${scratch.path(place)} is refused: .embedded is where databases are`,
    );
    expect(backup.status).toBe(77);
    expect(readdirSync(scratch.data('kept')).sort()).toEqual(before);
  });
});
