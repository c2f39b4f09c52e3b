import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findCollisions } from '../../lib/check/revisions/collisions.ts';
import { must } from '../helpers/processes.ts';

let folder: string;
/** The project is a folder of the repository. */
const root = (): string => join(folder, 'service');
const git = (...args: string[]): Promise<unknown> =>
  must(['git', '-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args]);

async function add(id: string, before: string | null): Promise<void> {
  const follows = before === null ? 'None' : `"${before}"`;
  writeFileSync(join(root(), `versions/${id}.py`), `revision = "${id}"\ndown_revision = ${follows}\n`);
  await git('add', '.');
  await git('commit', '--quiet', '--message', id);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'makesafe-collisions-'));
  mkdirSync(join(root(), 'versions'), { recursive: true });
  await git('init', '--quiet', '--initial-branch', 'main');
  await add('r1', null);
  await git('checkout', '--quiet', '-b', 'feature');
  await add('ours', 'r1');
  await git('checkout', '--quiet', 'main');
  await add('theirs', 'r1');
  await git('checkout', '--quiet', 'feature');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('two revisions that follow one, on two branches, are named; also before they are committed', async () => {
  const both = { here: 'versions/ours.py', text: 'versions/ours.py and versions/theirs.py both follow r1' };
  expect(await findCollisions(root(), ['versions/r1.py', 'versions/ours.py'])).toEqual({
    ...{ branch: 'main', added: ['versions/ours.py'] },
    found: [both],
  });
  writeFileSync(join(root(), 'versions/new.py'), 'revision = "new"\ndown_revision = "r1"\n');
  const { found } = await findCollisions(root(), ['versions/r1.py', 'versions/ours.py', 'versions/new.py']);
  expect(found.map(({ here }) => here)).toEqual(['versions/ours.py', 'versions/new.py']);
});

test('what has taken the other branch in does not collide', async () => {
  await git('checkout', '--quiet', '-b', 'joined');
  await git('merge', '--quiet', '--no-edit', 'main');
  writeFileSync(join(root(), 'versions/ours.py'), 'revision = "ours"\ndown_revision = "theirs"\n');
  expect(await findCollisions(root(), ['versions/r1.py', 'versions/ours.py', 'versions/theirs.py'])).toEqual({
    ...{ branch: 'main', added: ['versions/ours.py'] },
    found: [],
  });
});

test('another branch, where one is named; and what git does not know, also where it looks like an option', async () => {
  rmSync(join(root(), 'versions/new.py'));
  await git('checkout', '--quiet', '--force', '-b', 'other', 'main~1');
  await add('others', 'r1');
  await git('checkout', '--quiet', 'feature');
  const files = ['versions/r1.py', 'versions/ours.py'];
  expect(await findCollisions(root(), files, 'other')).toMatchObject({
    branch: 'other',
    found: [{ text: 'versions/ours.py and versions/others.py both follow r1' }],
  });
  for (const given of ['nowhere', '--all'])
    expect(await findCollisions(root(), files, given)).toMatchObject({
      ...{ unknown: `git knows no ${given} here`, isGiven: true },
    });
});

test('without git nobody knows', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'makesafe-collisions-'));
  const { unknown } = await findCollisions(elsewhere, ['versions/r1.py']);
  rmSync(elsewhere, { recursive: true });
  expect(unknown).toBe('git knows no main branch here');
});
