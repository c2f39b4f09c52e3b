import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { connect } from '../helpers/embedded.ts';
import { KEPT, useKeptSchema } from '../helpers/kept-schema.ts';
import { HEAD } from '../helpers/revisions.ts';

describe('BASE=migrations', () => {
  const { scratch, revision, away, diff, isFromKept, files } = useKeptSchema();

  async function onDatabase(sql: string): Promise<void> {
    const client = await connect(scratch);
    await client.query(sql);
    await client.end();
  }

  test('the same, and what it does not cover; the second time as it was kept', async () => {
    const first = await diff();
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toContain('local_demo has the same schema as migrations');
    expect(first.stdout).toContain('encoding, locale and other properties of the database');
    expect(isFromKept(first)).toBe(false);
    const [file, ...others] = files();
    expect(others).toEqual([]);
    expect(statSync(file!).mode & 0o777).toBe(0o600);
    const second = await diff();
    expect(isFromKept(second)).toBe(true);
    expect({ ...second, stderr: '', time: 0 }).toEqual({ ...first, stderr: '', time: 0 });
    expect(readdirSync(scratch.path('.embedded/.scratch')).filter((name) => name.startsWith('run-'))).toEqual(
      [],
    );
    // The folder is none of the team's files.
    expect(readFileSync(scratch.path(KEPT, '.gitignore'), 'utf8')).toBe('*\n');
  });

  test('drift is found', async () => {
    await onDatabase('CREATE TABLE mart.by_hand (id int); ALTER TABLE mart.suppliers ADD by_hand text');
    const { status, stdout } = await diff();
    await onDatabase('DROP TABLE mart.by_hand; ALTER TABLE mart.suppliers DROP by_hand');
    expect(status).toBe(1);
    expect(stdout).toMatch(/mart\.by_hand.*only in local_demo/);
    expect(stdout).toMatch(/mart\.suppliers.*by_hand/);
  });

  test('a revision that fails is named: the two could not be compared', async () => {
    revision('broken', HEAD, 'op.execute("CREATE TABLE mart.suppliers ()")');
    const { status, stderr } = await diff();
    away('broken');
    expect(stderr).toMatch(/revision broken failed/);
    expect(stderr).toContain('relation "suppliers" already exists');
    expect(status).toBe(3);
  });

  test('db-verify-env takes it as well', async () => {
    const { stdout } = await scratch.mustTask('db-verify-env ENV=local_demo BASE=migrations');
    expect(stdout).toMatch(/^✓ same schema +as migrations: \d+ objects/m);
    expect(stdout).toMatch(/^– same revision +migrations is all revisions: see at head$/m);
  });
});
