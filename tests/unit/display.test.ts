import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { counted, display } from '../../lib/output/display.ts';
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

test.each([
  [0, '0 tables'],
  [1, '1 table'],
  [2, '2 tables'],
  [999, '999 tables'],
  [1000, '1,000 tables'],
  [-12_345, '-12,345 tables'],
  [123_456, '123,456 tables'],
  [1_200_000, '1,200,000 tables'],
])('counted %j', (number, text) => {
  expect(counted(number, 'table')).toBe(text);
});
