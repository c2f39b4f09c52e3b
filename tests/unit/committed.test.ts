import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadProtecting, protecting } from '../../lib/environment/committed.ts';
import type { EnvironmentEntry, Registry } from '../../lib/environment/entry.ts';

type Protected = EnvironmentEntry['protected'];
const registryOf = (how: Protected): Registry => ({
  default: 'dev',
  environments: { dev: { protected: how, stack: 'embedded' } },
});

test.each<[here: Protected, there: Protected | undefined, is: Protected]>([
  [false, undefined, false],
  [false, false, false],
  [false, true, true],
  [false, 'never', 'never'],
  [true, undefined, true],
  [true, false, true],
  [true, 'never', 'never'],
  ['never', true, 'never'],
  ['never', false, 'never'],
])('here %j, in the commit %j: it is %j', (here, there, is) => {
  const committed = there === undefined ? {} : registryOf(there).environments;
  const { registry, byCommit } = protecting(registryOf(here), committed);
  expect(registry.environments['dev']!.protected).toBe(is);
  expect(byCommit).toEqual(is === here ? [] : ['dev']);
});

test('a name that every object has is no environment of the commit', () => {
  const registry = {
    ...registryOf(false),
    environments: { constructor: registryOf(false).environments['dev']! },
  };
  expect(protecting(registry, {}).byCommit).toEqual([]);
});

describe('the registry of a repository', () => {
  let root: string;
  const git = (...words: string[]): void => {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@t.invalid'];
    execFileSync('git', ['-C', root, ...who, ...words], { stdio: 'ignore' });
  };
  const write = (how: Protected, file = 'env/environments.ts'): void =>
    writeFileSync(join(root, file), `export default ${JSON.stringify(registryOf(how))};\n`);
  const isProtected = async (): Promise<Protected> =>
    (await loadProtecting(root)).registry.environments['dev']!.protected;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'makesafe-committed-'));
    mkdirSync(join(root, 'env'));
    write(true);
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const commit = (): void => {
    git('init', '--quiet');
    git('add', '--all', '--force');
    git('commit', '--quiet', '--message', 'registry');
  };

  test('outside of git, the file counts', async () => {
    expect(await isProtected()).toBe(true);
    write(false);
    expect(await isProtected()).toBe(false);
  });

  test.each<[string, () => void]>([
    ['edited', () => {}],
    ['edited and staged', () => git('add', '--all')],
    ['no longer tracked', () => git('rm', '--cached', '--quiet', 'env/environments.ts')],
    ['ignored', () => writeFileSync(join(root, '.git/info/exclude'), 'env/\n')],
    ['assumed unchanged', () => git('update-index', '--assume-unchanged', 'env/environments.ts')],
    ['skipped', () => git('update-index', '--skip-worktree', 'env/environments.ts')],
    [
      'put in place of the committed one',
      () => {
        const blob = (name: string, ...more: string[]): string =>
          execFileSync('git', [...more, name], { cwd: root, encoding: 'utf8' }).trim();
        git(
          'replace',
          blob('HEAD:env/environments.ts', 'rev-parse'),
          blob('env/environments.ts', 'hash-object', '-w'),
        );
      },
    ],
    ['moved', () => renameSync(join(root, 'env/environments.ts'), join(root, 'makesafe.environments.ts'))],
    [
      'a link to another file',
      () => {
        renameSync(join(root, 'env/environments.ts'), join(root, 'other.ts'));
        symlinkSync('../other.ts', join(root, 'env/environments.ts'));
      },
    ],
  ])('%s: what the commit protects is protected', async (_, hide) => {
    commit();
    write(false);
    hide();
    expect(await isProtected()).toBe(true);
    git('read-tree', '--empty');
    git('add', '--all', '--force');
    git('commit', '--quiet', '--message', 'not protected');
    expect(await isProtected()).toBe(false);
  });

  test('a committed link to a committed file is as it was committed', async () => {
    renameSync(join(root, 'env/environments.ts'), join(root, 'other.ts'));
    symlinkSync('../other.ts', join(root, 'env/environments.ts'));
    commit();
    expect(await loadProtecting(root)).toMatchObject({ byCommit: [] });
  });
});
