import { symlinkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { configurationChecked, NO_ENGINE } from '../helpers/engine.ts';
import { must } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Every task that needs what runs in containers. */
const TASKS = [
  'up',
  'down',
  'restart',
  'rebuild',
  'ps',
  'logs',
  'health',
  'backup',
  'db-bootstrap-roles-env',
  'db-dump-schema-env OUT=out.sql',
  'db-reset-volume-env WAIT=0',
  'db-reset-db-env WAIT=0',
  'al-up-env',
  'al-down-env',
  'al-cur-env',
  'al-hist-env',
  'al-heads-env',
  'al-stamp-env REV=head',
];

describe.concurrent('without an engine', () => {
  const scratch = useScratch({ engine: false });

  test.each(TASKS)('%s says one clear thing: 69', async (words) => {
    const { status, stdout, stderr } = await scratch.runTask(`${words} ENV=vm_stg`);
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('[info]'));
    expect(lines[0]).toMatch(/^\[error\] /);
    expect(lines[0]).toMatch(NO_ENGINE);
    expect(lines.slice(1).filter((line) => !line.startsWith('[next]'))).toEqual([]);
    expect(stderr).not.toContain('[ok]');
    expect(stdout).toBe('');
    expect(status).toBe(69);
  });

  test('check lists what is missing, with remedies: 1', async () => {
    const { status, stdout, stderr } = await scratch.runTask('check ENV=vm_stg');
    expect(stdout).toMatch(configurationChecked());
    expect(stdout).toMatch(/^✗ (?:engine|configuration) .*\n +→ \S/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([1, 69]).toContain(status);
  });

  test('through make, the same message', async () => {
    const { status, stderr } = await scratch.runMake('up ENV=vm_stg');
    expect(stderr.match(/^\[error\]/gm)).toHaveLength(1);
    expect(stderr).toMatch(/Error 69$/m);
    expect(status).toBe(2);
  });

  test('DEBUG=1 shows where it happened', async () => {
    const { stderr } = await scratch.runTask('ps ENV=vm_stg', { env: { DEBUG: '1' } });
    expect(stderr).toMatch(/^\s+at .*lib\/stack\/compose/m);
  });

  describe('and without docker on PATH', () => {
    let bash: string;

    beforeAll(async () => {
      bash = join(scratch.outside, 'only-bash');
      mkdirSync(bash);
      symlinkSync(await must(['which', 'bash']), join(bash, 'bash'));
    });

    test.each([
      ['with bash', () => bash],
      ['without bash, as on Alpine', () => '/nonexistent'],
    ])('%s: docker is not installed: 69', async (_title, path) => {
      const { status, stderr } = await scratch.runTask('ps ENV=vm_stg', { env: { PATH: path() } });
      expect(stderr).toContain('[error] docker is not installed, or not on PATH');
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(status).toBe(69);
    });
  });
});
