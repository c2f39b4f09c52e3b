import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { asker, startMigrated } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('db-diff-schema-env', () => {
  const scratch = useScratch();
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');

  beforeAll(async () => {
    await Promise.all([startMigrated(scratch, 'vm_prod'), startMigrated(scratch, 'vm_stg')]);
    await scratch.mustTask('up ENV=local_demo');
  });

  test("compares two compose stacks by their servers' own pg_dump", async () => {
    const { status, stdout } = await scratch.runTask('db-diff-schema-env ENV=vm_stg BASE=vm_prod');
    expect(stdout).toContain('vm_stg has the same schema as vm_prod');
    expect(stdout).toMatch(/read by (?:pg_dump )?17\./);
    expect(status).toBe(0);
  });

  test('compares a compose stack with an embedded one by the same pg_dump, and finds what is there', async () => {
    await sql('CREATE TABLE mart.only_here (id int)');
    const { status, stdout } = await scratch.runTask('db-diff-schema-env ENV=vm_stg BASE=local_demo JSON=1');
    const { base, compared, differences } = JSON.parse(stdout) as Comparison;
    expect(base.pgDumpVersion).toMatch(/^18\./);
    expect(compared.pgDumpVersion).toBe(base.pgDumpVersion);
    expect(differences).toContainEqual(
      expect.objectContaining({
        kind: 'TABLE',
        schema: 'mart',
        name: 'only_here',
        class: 'only in compared',
      }),
    );
    expect(status).toBe(1);
  });

  test('a dump of one major of pg_dump is not compared with a dump of another: 3', async () => {
    await scratch.mustTask('db-dump-schema-env ENV=vm_stg FORMAT=custom OUT=backups/of_17.dump');
    const { status, stderr } = await scratch.runTask(
      'db-diff-schema-env ENV=local_demo BASE=backups/of_17.dump',
    );
    expect(stderr).toContain('was dumped by pg_dump 17 and local_demo by pg_dump 18');
    expect(status).toBe(3);
  });
});
