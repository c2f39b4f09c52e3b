import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { COMMIT } from '../helpers/commit.ts';
import { useEmbedded } from '../helpers/embedded.ts';
import { makeSmallDisk } from '../helpers/small-disk.ts';

const ENV = 'ENV=local_demo';
/** Each parameter of each task that names a file to write. */
const WRITING = (await loadTasks()).flatMap(({ name, parameters }) =>
  ['OUT', 'HTML']
    .filter((parameter) => Object.hasOwn(parameters, parameter))
    .map((parameter) => ({ name, parameter })),
);

test('all tasks that take a file to write are known', () => {
  expect(WRITING.map(({ name, parameter }) => `${name} ${parameter}`).sort()).toEqual([
    'al-check HTML',
    'al-rehearse-env HTML',
    'db-diff-schema-env HTML',
    'db-dump-schema-env OUT',
  ]);
});

describe('a whole task', () => {
  const scratch = useEmbedded();
  const make: Readonly<Record<string, () => string>> = {
    configuration: () => 'env/environments.ts',
    'an env file': () => 'env/.env.local_demo',
    secrets: () => 'secrets/.env.vm_prod.secrets',
    'the journal': () => (scratch.write('journal/local_demo.jsonl', ''), 'journal/local_demo.jsonl'),
    storage: () => (scratch.write('data/pg/PG_VERSION', '17\n'), 'data/pg/PG_VERSION'),
    'a makefile': () => 'makefile',
    'a link': () => link('link.sql', 'env/.env.common'),
    'a link that leads nowhere': () => link('dangling.sql', 'nowhere'),
    'a folder behind a link': () => `${link('settings', 'env')}/new.sql`,
    'a device': () => '/dev/null',
    'a pipe': () => (execFileSync('mkfifo', [scratch.path('pipe.sql')]), 'pipe.sql'),
    'a folder': () => 'docker',
    "somebody's text": () => (scratch.write('notes.sql', 'mine\n'), 'notes.sql'),
  };
  const link = (name: string, to: string): string => (symlinkSync(to, scratch.path(name)), name);
  const state = (): string[] =>
    readdirSync(scratch.root, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/^(node_modules|\.embedded|secrets\/\.env\.local_demo)/.test(name))
      .map((name) => {
        const { mode, size, ino, mtimeMs } = lstatSync(join(scratch.root, name));
        return [
          name,
          mode,
          ino,
          ...(lstatSync(join(scratch.root, name)).isDirectory() ? [] : [size, mtimeMs]),
        ].join();
      })
      .sort();

  // Each task meets some of them; with the next commit, others. What is refused is decided in one place for all.
  test.each(Object.keys(make))(
    'refuses %s for its file, before its work, and changes nothing',
    async (kind) => {
      const place = make[kind]!();
      const device = lstatSync('/dev/null').rdev;
      const before = state();
      const { name, parameter } = WRITING[(COMMIT + Object.keys(make).indexOf(kind)) % WRITING.length]!;
      const base = name === 'db-diff-schema-env' ? ['BASE=local_demo'] : [];
      const { status, stderr } = await scratch.runTask([name, ENV, `${parameter}=${place}`, ...base]);
      expect(stderr).toMatch(/\[error\] \S+ is refused: .*; nothing was written|cannot be written: EISDIR/);
      expect(stderr).toContain('[next] ');
      expect(stderr).not.toContain('[ok]');
      expect(status).not.toBe(0);
      expect(state()).toEqual(before);
      expect(lstatSync('/dev/null').rdev).toBe(device);
    },
  );

  test.each([
    ['a pipe', () => execFileSync('mkfifo', [scratch.path('journal/local_demo.jsonl')]), /is a pipe/],
    [
      '2 GB of nothing',
      () => (
        writeFileSync(scratch.path('journal/local_demo.jsonl'), ''),
        truncateSync(scratch.path('journal/local_demo.jsonl'), 2 ** 31)
      ),
      /./,
    ],
  ])('journal and reset meet a journal that is %s: a sentence, within 10 s', async (_what, spoil, said) => {
    execFileSync('rm', ['-rf', scratch.path('journal')]);
    execFileSync('mkdir', [scratch.path('journal')]);
    spoil();
    onTestFinished(() => void execFileSync('rm', ['-rf', scratch.path('journal')]));
    const began = performance.now();
    const shown = await scratch.runTask(`journal ${ENV}`);
    expect(shown.stderr).toMatch(said);
    expect(shown.stderr).not.toContain('a fault of makesafe');
    expect(performance.now() - began).toBeLessThan(60_000);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'a journal on a full disk is called full, before anything is looked at',
    async () => {
      const disk = makeSmallDisk(scratch.path('journal'), 1)!;
      onTestFinished(disk.remove);
      disk.fill();
      const { status, stderr } = await scratch.runTask(`db-reset-db-env ${ENV} WAIT=0`);
      expect(stderr).toContain('the journal cannot be written: ENOSPC, the disk is full');
      expect(stderr).toContain('[next] make room on its disk');
      expect(stderr).not.toContain('that you may write to');
      expect(status).toBe(77);
    },
  );

  test('a registry that ends the program is a sentence, and no status 0', async () => {
    const registry = scratch.read('env/environments.ts');
    scratch.write('env/environments.ts', `process.exit(0);\n${registry}`);
    const { status, stderr, stdout } = await scratch.runTask(`health ${ENV}`);
    scratch.write('env/environments.ts', registry);
    expect(stderr).toContain('[error] env/environments.ts ends the program: process.exit(0)');
    expect([status, stdout]).toEqual([78, '']);
  });

  test('ENV= is no environment, whatever the aliases are', async () => {
    const registry = scratch.read('env/environments.ts');
    scratch.write('env/environments.ts', registry.replace('"protected"', '"aliases": "prod", "protected"'));
    const text = await scratch.runTask('health ENV=ro');
    scratch.write('env/environments.ts', registry);
    expect(text.stderr).toContain('local_demo: aliases must be a list of names');
    expect(text.status).toBe(78);
    const empty = await scratch.runTask(['health', 'ENV=']);
    expect(empty.stderr).toContain('ENV is empty');
    expect(empty.status).toBe(64);
  });
});
