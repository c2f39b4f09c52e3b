import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

  describe('that imports other files', () => {
    const base = (how: Protected): string =>
      `export const prod: { protected: boolean | 'never' } = { protected: ${JSON.stringify(how)} };\n`;
    const importing = (from: string, more = ''): string =>
      `import { prod } from '${from}';\n${more}export default { default: 'dev', environments: { dev: { ...prod, stack: 'embedded' } } };\n`;
    const put = (file: string, text: string): void => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    };

    test.each([
      ['beside it', 'env/prod.ts', './prod.ts', ''],
      ['elsewhere', 'deploy/prod.ts', '../deploy/prod.ts', ''],
      ['beside it, with an await', 'env/prod.ts', './prod.ts', 'await Promise.resolve();\n'],
    ])('%s: what the commit protects is protected', async (_, file, from, more) => {
      put('env/environments.ts', importing(from, more));
      put('package.json', '{ "type": "module" }\n');
      put(file, base('never'));
      commit();
      expect(await isProtected()).toBe('never');
      put(file, base(false));
      expect(await isProtected()).toBe('never');
    });

    test('from outside of the repository, since a moment ago: what the commit protects is protected', async () => {
      commit();
      const outside = mkdtempSync(join(tmpdir(), 'makesafe-outside-'));
      try {
        writeFileSync(join(outside, 'prod.ts'), base(false));
        put('env/environments.ts', importing(join(outside, 'prod.ts')));
        expect(await isProtected()).toBe(true);
      } finally {
        rmSync(outside, { recursive: true });
      }
    });

    test('of a project below the top of the repository, from above it', async () => {
      put('shop/env/environments.ts', importing('../../deploy/prod.ts'));
      put('deploy/prod.ts', base(true));
      commit();
      put('deploy/prod.ts', base(false));
      const { registry } = await loadProtecting(join(root, 'shop'));
      expect(registry.environments['dev']!.protected).toBe(true);
    });

    test('that the commit lacks: what it protects is not known', async () => {
      put('env/environments.ts', importing('../deploy/prod.ts'));
      put('package.json', '{ "type": "module" }\n');
      commit();
      write(false);
      const { committed, byCommit } = await loadProtecting(root);
      expect(byCommit).toEqual([]);
      expect(committed.entries).toEqual({});
      expect(committed.unread).toMatch(/^env\/environments\.ts cannot be loaded: Cannot find module/);
    });
  });

  test('encrypted in the commit: nothing could be loaded', async () => {
    writeFileSync(join(root, 'env/environments.ts'), Buffer.from('\0GITCRYPT\0\x80\x01'));
    commit();
    write(false);
    expect(await loadProtecting(root)).toMatchObject({ byCommit: [], committed: { entries: {} } });
  });

  test('a committed link to a file that was edited: what the commit protects is protected', async () => {
    renameSync(join(root, 'env/environments.ts'), join(root, 'other.ts'));
    symlinkSync('../other.ts', join(root, 'env/environments.ts'));
    commit();
    write(false, 'other.ts');
    expect(await isProtected()).toBe(true);
  });

  test('a committed link to a committed file is as it was committed', async () => {
    renameSync(join(root, 'env/environments.ts'), join(root, 'other.ts'));
    symlinkSync('../other.ts', join(root, 'env/environments.ts'));
    commit();
    expect(await loadProtecting(root)).toMatchObject({ byCommit: [] });
  });
});
