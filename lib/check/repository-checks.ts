import { join } from 'node:path';
import { registryIn, REGISTRY_FILE } from '../environment/registry.ts';
import { failed, skipped, passed, warning, type Check, type Outcome } from '../output/check-result.ts';
import { MakesafeError } from '../errors.ts';
import { includesUs } from '../repository/their-makefile.ts';
import { findMakefile } from '../repository/project.ts';
import { run } from '../system/process.ts';
import { taskFiles } from '../repository/task-files.ts';
import { readTextIfThere } from '../system/read-bounded.ts';
import type { StackRun } from '../run/run.ts';

/** Whether git tracks the registry: the usual .gitignore for Python ignores `env/`. */
export const registryKept: Check<StackRun> = {
  name: 'registry in git',
  async look({ root }) {
    const file = registryIn(root) ?? REGISTRY_FILE;
    const git = (...args: string[]): ReturnType<typeof run> =>
      run({ file: 'git', args: ['-C', root, ...args] });
    const isThere = await git('rev-parse', '--is-inside-work-tree').catch((error: unknown) => {
      if (error instanceof MakesafeError) return undefined;
      throw error;
    });
    if (isThere?.status !== 0) return skipped('this is no checkout of git');
    const { status } = await git('ls-files', '--error-unmatch', '--', file);
    if (status === 0) return passed(`${file} is tracked`);
    // https://git-scm.com/docs/git-check-ignore
    const ignored = await git('check-ignore', '--verbose', '--', file);
    if (ignored.status !== 0) return warning(`${file} is not tracked yet`, `git add ${file}`);
    const by = ignored.stdout.split('\t')[0]!;
    return failed(`git ignores ${file} (${by}): nobody else will have it`, `git add --force ${file}`);
  },
};

/** Targets of the team's makefile with the name of a makesafe task: make runs theirs. */
export function ownRecipes(makefile: string, tasks: ReadonlySet<string>): { target: string; line: number }[] {
  const except = new Set(
    [...makefile.matchAll(/^MAKESAFE_EXCEPT\s*:?=\s*(.*)$/gm)].flatMap(([, names]) => names!.split(/\s+/)),
  );
  return makefile.split('\n').flatMap((text, index) => {
    const [, targets, rest] = text.match(/^([A-Za-z0-9][\w .-]*?)\s*::?(?!=)(.*)$/) ?? [];
    if (targets === undefined || /tsx|makesafe/.test(rest!)) return [];
    return targets
      .split(/\s+/)
      .filter((target) => tasks.has(target) && !except.has(target))
      .map((target) => ({ target, line: index + 1 }));
  });
}

/** Whether recipes in the team's makefile hide makesafe's tasks. */
export const makefileOurs: Check<StackRun> = {
  name: 'makefile',
  look: ({ root }) => Promise.resolve(lookAtMakefile(root)),
};

function lookAtMakefile(root: string): Outcome {
  const name = findMakefile(root);
  const makefile = name === undefined ? undefined : readTextIfThere(join(root, name));
  if (makefile === undefined || !includesUs(makefile)) return skipped('no makefile includes makesafe.mk');
  const hasPrefix = /^MAKESAFE_PREFIX\s*:?=\s*\S/m.test(makefile);
  const own = hasPrefix ? [] : ownRecipes(makefile, new Set(taskFiles(root).keys()));
  if (own.length === 0) return passed(`${name} has no recipe of a task's name`);
  const targets = own.map(({ target }) => target).join(' ');
  return failed(
    `recipes with the name of a task: ${own.map(({ target, line }) => `${name}:${line}: ${target}`).join(', ')}`,
    `take them out, or keep them: MAKESAFE_EXCEPT := ${targets} in front of the include, and type npx makesafe ${own[0]!.target}`,
  );
}
