import { UsageError } from '../errors.ts';
import { findMakefile } from './project.ts';
import { destroying, readScriptIn, stopping } from './judge-recipe.ts';
import { readTheirMakefile, type TheirMakefile } from './their-makefile.ts';

/**
 * Of the goals of one command line the first, behind one of our tasks, that is theirs and destroys or stops; with the line
 * of its recipe. Judged is what make would run: a target that is excepted, has none of our names, or stands behind ours.
 *
 * @param task its target, as it was typed
 */
export function lateGoal(
  goals: readonly string[],
  task: string,
  theirs: TheirMakefile,
  ours: ReadonlySet<string>,
  readScript: (path: string) => string | undefined,
): { readonly goal: string; readonly line: string } | undefined {
  for (const goal of goals.slice(goals.indexOf(task) + 1)) {
    const target = theirs.targets.find(({ name }) => name === goal);
    if (target === undefined || (ours.has(goal) && !target.behindOurs)) continue;
    const line = destroying(target, theirs, readScript) ?? stopping(target, theirs, readScript);
    if (line !== undefined) return { goal, line };
  }
  return undefined;
}

/**
 * `make logs down`, where `down` is the team's own: a person may have meant it as a word. What is ours make itself refuses.
 *
 * @param typed the goals of the command line
 * @param tasks of this repository, by name
 * @throws UsageError before anything was run
 */
export function refuseLateGoal(
  root: string,
  task: string,
  typed: readonly string[],
  tasks: readonly string[],
): void {
  const makefile = findMakefile(root);
  if (makefile === undefined) return;
  const theirs = readTheirMakefile(root, makefile);
  if (theirs.ours === undefined) return;
  const { prefix, except } = theirs.ours;
  const ours = new Set(tasks.filter((name) => !except.includes(name)).map((name) => prefix + name));
  const late = lateGoal(typed, prefix + task, theirs, ours, readScriptIn(root));
  if (late === undefined) return;
  throw new UsageError(
    `${late.goal} is a target of your own makefile that destroys or stops (${late.line}), and behind another it may be meant as a word: nothing was run`,
    // "make down" would be respelled to ours.
    { hint: `if you mean it, type ${late.goal} behind make on a line of its own` },
  );
}
