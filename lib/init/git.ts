import { UnreachableError } from '../errors.ts';
import { run, type Result } from '../system/process.ts';

async function git(root: string, args: readonly string[]): Promise<Result> {
  return run({ file: 'git', args: [...args] }, { cwd: root }).catch((error: unknown): Result => {
    if (error instanceof UnreachableError) return { status: 127, stdout: '', stderr: '' };
    throw error;
  });
}

/**
 * Those of some paths that git ignores: by a .gitignore, .git/info/exclude or the person's global excludes. Empty
 * without git, and outside of a git repository.
 */
export async function ignoredByGit(root: string, paths: readonly string[]): Promise<string[]> {
  const { status, stdout } = await git(root, ['check-ignore', '--no-index', '--', ...paths]);
  return status === 0 ? stdout.split('\n').filter(Boolean) : [];
}

/**
 * The same with the file whose pattern counts: `.gitignore`, `secrets/.gitignore`, or one outside of the root.
 *
 * @see https://git-scm.com/docs/git-check-ignore
 */
export async function ignoringFiles(
  root: string,
  paths: readonly string[],
): Promise<{ readonly path: string; readonly by: string }[]> {
  const { status, stdout } = await git(root, ['check-ignore', '--no-index', '--verbose', '--', ...paths]);
  const lines = status === 0 ? stdout.split('\n') : [];
  return lines.flatMap((line) => {
    // A pattern with ! keeps the file.
    const [, by, path] = line.match(/^(.*?):\d+:(?!!).*\t(.*)$/) ?? [];
    return by === undefined ? [] : [{ path: path!, by }];
  });
}

/** The files below a root that git tracks, in folders of any name. Empty without git. */
export async function trackedFiles(root: string): Promise<string[]> {
  const { status, stdout } = await git(root, ['ls-files', '-z', '--cached']);
  return status === 0 ? stdout.split('\0').filter(Boolean) : [];
}
