import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { repositoryOf } from '../../lib/environment/repository.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'makesafe-repository-')));
afterAll(() => rmSync(top, { recursive: true }));
const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(top, file)), { recursive: true });
  writeFileSync(join(top, file), text);
};
const of = (folder: string): string | undefined => repositoryOf(join(top, folder));

test('worktrees are one repository; clones, submodules and folders below are others', () => {
  for (const folder of ['shop', 'clone', 'feature', 'below', 'shop/backend', 'feature/backend', 'nothing'])
    mkdirSync(join(top, folder), { recursive: true });
  for (const folder of ['shop/.git/worktrees/feature', 'shop/.git/modules/below', 'clone/.git'])
    mkdirSync(join(top, folder), { recursive: true });
  write('shop/.git/worktrees/feature/commondir', '../..\n');
  write('feature/.git', `gitdir: ${join(top, 'shop/.git/worktrees/feature')}\n`);
  write('below/.git', 'gitdir: ../shop/.git/modules/below\n');

  expect(of('shop')).toMatch(/^[0-9a-f]{16}$/);
  expect(of('feature')).toBe(of('shop'));
  expect(of('feature/backend')).toBe(of('shop/backend'));
  const others = [of('shop'), of('clone'), of('below'), of('shop/backend')];
  expect(others).not.toContain(undefined);
  expect(new Set(others).size).toBe(others.length);
  expect(of('nothing')).toBeUndefined();
});

test('a worktree whose repository is gone has none', () => {
  write('lost/.git', `gitdir: ${join(top, 'gone/.git/worktrees/lost')}\n`);
  expect(of('lost')).toBeUndefined();
});
