import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { homeOf } from '../../lib/stack/embedded/server.ts';
import { EmbeddedScratch, PATIENCE, localAsker } from '../helpers/embedded.ts';
import { makeSmallDisk, type SmallDisk } from '../helpers/small-disk.ts';

const ENV = 'local_demo';

describe.skipIf(process.getuid?.() !== 0)('a restore that fills the disk', () => {
  const scratch = new EmbeddedScratch({ engine: false });
  let disk: SmallDisk;

  beforeAll(async () => {
    await scratch.make();
    disk = makeSmallDisk(homeOf(scratch.root, ENV).folder, 300)!;
    await scratch.mustTask(`up ENV=${ENV}`);
    const { sql } = localAsker(scratch, ENV);
    await sql('CREATE TABLE kept AS SELECT 42 AS x; CREATE TABLE large AS SELECT 1 AS n');
    // Compressed it is small, and room for it is not refused beforehand.
    const rows = `COPY public.large (t) FROM stdin;\n${`${'x'.repeat(1000)}\n`.repeat(80_000)}\\.\n`;
    scratch.write('large.sql', `CREATE TABLE public.filled (t text);\n${rows.replace('large', 'filled')}`);
  }, PATIENCE);
  afterAll(async () => {
    await scratch.mustTask(`down ENV=${ENV}`).catch(() => {});
    disk?.remove();
    await scratch.dispose();
  }, PATIENCE);

  test('ends the server, which is started again; the old database is in use, and the next run works', async () => {
    const running = scratch.startTask(`restore-from-sql ENV=${ENV} WAIT=0 SQL=large.sql`);
    // The preflight has seen room by then; somebody else takes it.
    await running.printed(/^ {4}database /m);
    await expect.poll(() => existsSync(join(disk.folder, 'reserve'))).toBe(true);
    // To the last byte, while the server takes some as well.
    const filler = join(disk.folder, 'filler');
    spawnSync('sh', ['-c', 'cat /dev/zero > "$1"', 'sh', filler]);
    const { status, stderr } = await running.ended;
    expect(status, stderr).not.toBe(0);
    expect(stderr).toContain('the old database core_demo is in use, unchanged');
    const { sql } = localAsker(scratch, ENV);
    expect(await sql('SELECT x FROM kept')).toBe('42');
    expect(await sql(`SELECT count(*) FROM pg_database WHERE datname LIKE 'core_demo%'`, 'postgres')).toBe(
      '1',
    );
    expect(statfsSync(disk.folder).bavail).toBeGreaterThan(0);
    rmSync(filler);
    await scratch.mustTask(`db-reset-db-env ENV=${ENV} WAIT=0`);
  });
});
