import { createHash } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { isThere, readTextIfThere } from '../system/read-bounded.ts';
import { isSystemError } from '../system/reason.ts';

/**
 * What all worktrees of a repository on this machine have in common, and no other clone: 16 hexadecimal digits.
 *
 * @param root of the project, which may be below the root of the repository
 * @returns undefined outside of a repository
 * @see https://git-scm.com/docs/gitrepository-layout
 */
export function repositoryOf(root: string): string | undefined {
  const at = topOf(root);
  if (at === undefined) return undefined;
  try {
    const text = [hostname(), realpathSync(sharedFolder(join(at, '.git'))), relative(at, root)].join('\0');
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
  } catch (error) {
    // It names a folder that is gone: as if there were no repository.
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/** The folder at or above `root` that has `.git`; undefined outside of a repository. */
export function topOf(root: string): string | undefined {
  for (let at = root; ; at = dirname(at)) {
    if (isThere(join(at, '.git'))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** In a linked worktree `.git` is a file with the path of a folder, in which `commondir` names the main one. */
function sharedFolder(git: string): string {
  if (!lstatSync(git).isFile()) return git;
  const named = /^gitdir: (.+)$/m.exec(readTextIfThere(git) ?? '')?.[1] ?? git;
  const own = resolve(dirname(git), named);
  return resolve(own, readTextIfThere(join(own, 'commondir'))?.trim() ?? '');
}
