import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, succeeded, type Ran } from './processes.ts';
import { TYPESCRIPT, type Scratch } from './scratch.ts';

const IGNORED = ['/journal/', '/.embedded/', 'node_modules', '.venv', '/backups/', '__pycache__'];

/** Another checkout of a scratch copy. */
export interface Checkout {
  readonly root: string;
  readonly run: (words: string) => Promise<Ran>;
  /** A task that has to succeed; what it printed for the person. */
  readonly done: (words: string) => Promise<string>;
  readonly read: (file: string) => string;
  readonly write: (file: string, content: string) => void;
}

export const git = (root: string, ...args: string[]): Promise<string> =>
  must(['git', '-C', root, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);

/** Makes a repository of the copy, with all that is in it now. The secrets are committed too: they are of no use elsewhere. */
export async function makeRepository({ root }: Scratch): Promise<void> {
  writeFileSync(join(root, '.gitignore'), IGNORED.map((line) => `${line}\n`).join(''));
  await git(root, 'init', '--quiet');
  await git(root, 'add', '--all', '--force', '.gitignore', 'env', 'secrets');
  await git(root, 'add', '--all');
  await git(root, 'commit', '--quiet', '--message', 'As it is');
}

/** A linked worktree of that repository, or a clone of it. */
export async function anotherCheckout(
  scratch: Scratch,
  name: string,
  as: 'worktree' | 'clone' = 'worktree',
): Promise<Checkout> {
  const root = join(scratch.outside, name);
  await (as === 'clone'
    ? must(['git', 'clone', '--quiet', scratch.root, root])
    : git(scratch.root, 'worktree', 'add', '--quiet', '-b', name, root));
  for (const link of ['node_modules', '.venv'])
    if (existsSync(scratch.path(link))) symlinkSync(scratch.path(link), join(root, link));
  const run = (words: string): Promise<Ran> => {
    const [task, ...args] = words.split(' ').filter(Boolean);
    const command = [process.execPath, '--require', TYPESCRIPT, join(root, 'tasks', `${task}.ts`), ...args];
    return scratch.start(command, { cwd: root }).ended;
  };
  return {
    root,
    run,
    done: async (words) => succeeded(await run(words)).stderr,
    read: (file) => readFileSync(join(root, file), 'utf8'),
    write: (file, content) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), content);
    },
  };
}
