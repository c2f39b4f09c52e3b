import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

describe('without node_modules', () => {
  const scratch = useScratch({ engine: false, dependencies: false });

  test.each(['help', 'up ENV=vm_stg', ''])(
    'and without a network, make %s says one clear thing and fails',
    async (words) => {
      // A port of this machine on which nothing listens, for who may not take the network away.
      const env = {
        npm_config_cache: scratch.path('empty-cache'),
        npm_config_registry: 'http://127.0.0.1:1/',
      };
      const alone = (await run(['unshare', '-n', 'true']).catch(() => ({ status: 1 }))).status === 0;
      const command = [...(alone ? ['unshare', '-n'] : []), 'make', ...words.split(' ').filter(Boolean)];
      const { status, stdout, stderr } = await scratch.start(command, { env }).ended;
      expect(stdout).toBe('');
      expect(stderr.match(/^\[error\].*$/gm)).toEqual([
        expect.stringContaining('the dependencies could not be installed'),
      ]);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(stderr.split('\n').length).toBeLessThan(12);
      expect(stderr).toMatch(/Error 69$/m);
      expect(status).toBe(2);
      expect(existsSync(scratch.path('node_modules/.package-lock.json'))).toBe(false);
    },
  );
});
