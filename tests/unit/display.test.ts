import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { display } from '../../lib/display.ts';
import { AWKWARD_WORDS, temporaryFolder } from './support.ts';

test.each([
  [
    ['docker', 'compose', '-p', 'vm_stg', '-f', 'docker/x.yml', 'up'],
    'docker compose -p vm_stg -f docker/x.yml up',
  ],
  [['psql', '-c', 'SELECT 1'], "psql -c 'SELECT 1'"],
  [['echo', ''], "echo ''"],
  [['echo', "it's"], `echo 'it'\\''s'`],
  [['echo', '$x'], `echo '$x'`],
])('%j', ([file, ...args], text) => {
  expect(display({ file: file!, args })).toBe(text);
});

test('is what a shell reads back', () => {
  const text = display({ file: 'printf', args: ['%s\\0', ...AWKWARD_WORDS] });
  const output = execFileSync('sh', ['-c', text], { encoding: 'utf8', cwd: temporaryFolder() });
  expect(output).toBe(AWKWARD_WORDS.map((word) => `${word}\0`).join(''));
});
