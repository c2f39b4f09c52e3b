import { readdirSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { docker } from '../helpers/processes.ts';
import { startDatabase } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('a deprecated alias', () => {
  const scratch = useScratch();

  test('works with one warning, and everything behind it has the canonical name', async () => {
    await startDatabase(scratch, 'vm_stg', 'db');
    const warning = '[warn] ENV=stg is deprecated; the environment is vm_stg';
    for (const words of ['backup', 'db-dump-schema-env', 'db-reset-volume-env WAIT=0']) {
      const { stderr } = await scratch.mustTask(`${words} ENV=stg`);
      expect(stderr.split('\n').filter((line) => line.includes('deprecated'))).toEqual([warning]);
      expect(
        stderr
          .split('\n')
          .filter((line) => line.startsWith('[next]'))
          .join(),
      ).not.toMatch(/ENV=stg\b/);
    }
    expect(readdirSync(scratch.path('backups')).sort()).toEqual([
      expect.stringMatching(/^schema_vm_stg\.sql$/),
      expect.stringMatching(/^vm_stg_core_stg_\d{8}_\d{6}\.dump$/),
      expect.stringMatching(/^vm_stg_core_stg_\d{8}_\d{6}\.dump\.json$/),
    ]);
    expect(await docker('ps', '-aq', '--filter', `name=${scratch.prefix}`)).toBe('');
    expect(await docker('volume', 'ls', '-q', '--filter', `name=${scratch.prefix}`)).toBe('');
  });
});
