import { dirname, join } from 'node:path';
import { MakesafeError } from '../../errors.ts';
import { run } from '../../system/process.ts';
import { readText } from '../../system/read-bounded.ts';

/** A revision, as its file states it. */
export interface RevisionFile {
  readonly file: string;
  readonly revision: string;
  /** The revisions that it follows; none for the first one. */
  readonly before: readonly string[];
}

/** Revisions of this branch and of the main one that will be two heads when both are merged. */
export interface Collisions {
  /** `origin/main` */
  readonly branch: string;
  readonly found: readonly { readonly here: string; readonly text: string }[];
  /** The files that this branch has added since; undefined if nobody knows. */
  readonly added?: readonly string[];
  /** Why nobody knows; undefined if it could be looked at. */
  readonly unknown?: string;
  /** Whether a person has named the branch. */
  readonly isGiven?: boolean;
}

/** Reads a revision from its file; undefined if it states none. */
export function revisionIn(file: string, text: string): RevisionFile | undefined {
  const [, revision] = /^revision\s*(?::[^=\n]+)?=\s*["']([^"'\n]+)["']/m.exec(text) ?? [];
  const [, follows = ''] =
    /^down_revision\s*(?::[^=\n]+)?=\s*(\([^)]*\)|\[[^\]]*\]|[^\n#]*)/m.exec(text) ?? [];
  if (revision === undefined) return undefined;
  return { file, revision, before: [...follows.matchAll(/["']([^"'\n]+)["']/g)].map(([, id]) => id!) };
}

/** Of the revisions that two branches have added since they parted, those that collide. Pure. */
export function collisionsBetween(
  ours: readonly RevisionFile[],
  theirs: readonly RevisionFile[],
): Collisions['found'] {
  return ours.flatMap((here) =>
    theirs.flatMap((there) => {
      const both = `${here.file} and ${there.file}`;
      if (here.revision === there.revision)
        return here.file === there.file
          ? []
          : [{ here: here.file, text: `${both} are both revision ${here.revision}` }];
      const shared = here.before.filter((id) => there.before.includes(id));
      const areFirst = here.before.length === 0 && there.before.length === 0;
      if (shared.length === 0 && !areFirst) return [];
      return [
        {
          here: here.file,
          text: `${both} ${areFirst ? 'are both the first one' : `both follow ${shared.join(', ')}`}`,
        },
      ];
    }),
  );
}

/** Where the main branch may be: the one that a pull request goes to, else the one that a clone begins with. */
const likely = (): string[] => {
  const { GITHUB_BASE_REF: base } = process.env;
  return [
    ...(base ? [`origin/${base}`] : []),
    'origin/HEAD',
    'origin/main',
    'origin/master',
    'main',
    'master',
  ];
};

/**
 * Compares what this branch has added with what the main branch has, since their merge base. Asks git, and fetches
 * nothing.
 *
 * @param files of all revisions of this checkout, relative to the root
 * @param given what to compare with: whatever names a commit to git. Default: the main branch, where it usually is
 */
export async function findCollisions(
  root: string,
  files: readonly string[],
  given?: string,
): Promise<Collisions> {
  const none = (branch: string, unknown: string): Collisions => ({
    ...{ branch, found: [], unknown, isGiven: given !== undefined },
  });
  const git = async (...args: string[]): Promise<string | undefined> => {
    const asked = run({ file: 'git', args: ['-C', root, ...args] }).catch((error: unknown) => {
      if (error instanceof MakesafeError) return { status: 1, stdout: '' };
      throw error;
    });
    const { status, stdout } = await asked;
    return status === 0 ? stdout.trim() : undefined;
  };
  let branch: string | undefined;
  let tip: string | undefined;
  for (const name of given === undefined ? likely() : [given]) {
    tip = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
    if (tip === undefined) continue;
    branch = name === 'origin/HEAD' ? await git('rev-parse', '--abbrev-ref', name) : name;
    break;
  }
  if (branch === undefined || tip === undefined)
    return none('', `git knows no ${given ?? 'main branch'} here`);
  const base = await git('merge-base', 'HEAD', tip);
  if (base === undefined)
    return none(
      branch,
      `git does not have the commit at which ${branch} parted (in GitHub Actions: fetch-depth: 0)`,
    );
  const folders = [...new Set(files.map((file) => dirname(file)))];
  if (folders.length === 0) return none(branch, 'there are no revisions');

  const lines = (text = ''): string[] => text.split('\n').filter((line) => line.endsWith('.py'));
  const known = new Set(lines(await git('ls-tree', '-r', '--name-only', base, '--', ...folders)));
  const added = lines(
    await git('diff', '--relative', '--name-only', '--diff-filter=A', base, tip, '--', ...folders),
  );
  const read = async (names: readonly string[], at: string): Promise<RevisionFile[]> => {
    const found = await Promise.all(
      names.map(async (file) => revisionIn(file, (await git('show', `${at}:./${file}`)) ?? '')),
    );
    return found.flatMap((one) => one ?? []);
  };
  const own = files.filter((file) => !known.has(file));
  const ours = own.flatMap((file) => revisionIn(file, readText(join(root, file))) ?? []);
  return { branch, added: own, found: collisionsBetween(ours, await read(added, tip)) };
}
