import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../helpers/processes.ts';

const ROOT = join(import.meta.dirname, '../..');

const RECORDER = join(ROOT, 'tests/helpers/record-imports.ts');

async function imported(...words: string[]): Promise<string[]> {
  const { stderr } = await run([process.execPath, '--import', 'tsx', '--import', RECORDER, ...words], {
    cwd: ROOT,
  });
  return [...stderr.matchAll(/^import (.*)$/gm)].map(([, specifier]) => specifier!);
}

test.each([
  ['help', 'tasks/help.ts'],
  ['help of one task', 'tasks/help.ts', 'TASK=up'],
  ['help of one task by its own file', 'tasks/db-reset-volume-env.ts', '--help'],
  ['a refusal', 'tasks/db-reset-volume-env.ts', 'ENV=vm_prod'],
  ['a wrong parameter', 'tasks/up.ts', 'ENV=nosuch'],
])('%s loads neither the driver nor the shell', async (_what, ...words) => {
  const found = await imported(...words);
  // What it does load, or nothing would be recorded.
  expect(found).toContain('minimist');
  expect(found.filter((specifier) => /^(pg|zx|dotenv)(\/|$)/.test(specifier))).toEqual([]);
});

test('what would have been seen', async () => {
  const driver = await imported('tasks/health.ts', 'ENV=local_demo');
  expect(driver).toEqual(expect.arrayContaining(['pg', 'dotenv']));
  const shell = await imported('-e', `require('./lib/system/process.ts').run({ file: 'true', args: [] })`);
  expect(shell).toContain('zx/core');
});
