import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker } from '../helpers/database.ts';
import { succeeded } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('db-verify-env', () => {
  const scratch = useScratch({ only: ['local_dev', 'vm_stg'] });
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');

  beforeAll(async () => {
    for (const name of ['local_dev', 'vm_stg']) {
      await scratch.mustTask(`up ENV=${name}`);
      await scratch.mustTask(`al-up-env ENV=${name}`);
    }
  });

  test('two environments of containers, their databases and owners named differently', async () => {
    const { stdout, stderr } = succeeded(await scratch.runMake('-s db-verify-env ENV=vm_stg BASE=local_dev'));
    expect(stdout.match(/^✓/gm)).toHaveLength(12);
    expect(stdout).toMatch(/^✓ stack up +(core_api|db) running/m);
    expect(stdout).toMatch(/^✓ same schema +as local_dev: \d+ objects$/m);
    expect(stderr).toContain('[ok] vm_stg is as it should be, and as local_dev');
    expect(stderr).toContain('[next] make backup ENV=vm_stg');
  });

  test('what differs, and a service that is down', async () => {
    await sql(
      'ALTER TABLE mart.suppliers ADD COLUMN drift text; REVOKE SELECT ON stg.shipments FROM app_readonly',
    );
    await scratch.compose('vm_stg', 'stop', 'core_api');
    const { status, stdout } = await scratch.runTask('db-verify-env ENV=vm_stg BASE=local_dev');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✗ stack up +core_api: exited/m);
    expect(stdout).toMatch(/^✓ one head +20251211_140000000$/m);
    expect(stdout).toMatch(/^✗ same schema +2 of \d+ objects differ from local_dev$/m);
    expect(stdout).toMatch(/^✗ reader reads +app_readonly cannot read stg\.shipments$/m);
    expect(stdout).toMatch(/^✓ indexes valid/m);
  });
});
