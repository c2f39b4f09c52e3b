import { UnreachableError } from '../errors.ts';
import { run, type Result } from '../system/process.ts';

async function git(root: string, args: readonly string[]): Promise<Result> {
  return run({ file: 'git', args: [...args] }, { cwd: root }).catch((error: unknown): Result => {
    if (error instanceof UnreachableError) return { status: 127, stdout: '', stderr: '' };
    throw error;
  });
}

/**
 * Those of some paths that git would not keep: by a .gitignore, .git/info/exclude or the person's own excludes. None where
 * git is not there, or this is no repository of its.
 */
export async function ignoredByGit(root: string, paths: readonly string[]): Promise<string[]> {
  const { status, stdout } = await git(root, ['check-ignore', '--no-index', '--', ...paths]);
  return status === 0 ? stdout.split('\n').filter(Boolean) : [];
}

/** What git keeps of a repository, below a root: also in folders of names that usually hold nothing of its own. */
export async function trackedFiles(root: string): Promise<string[]> {
  const { status, stdout } = await git(root, ['ls-files', '-z', '--cached']);
  return status === 0 ? stdout.split('\0').filter(Boolean) : [];
}
