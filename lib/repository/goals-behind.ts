import { UsageError } from '../errors.ts';
import { findMakefile } from './project.ts';
import { destroying, readScriptIn, stopping } from './judge-recipe.ts';
import { readTheirMakefile, type TheirMakefile } from './their-makefile.ts';

/**
 * Finds the first goal behind `task` on the command line that is a target of the team and that destroys data or stops
 * something; with the line of its recipe. Only targets that make would really run count: names that makesafe does not
 * have, excepted names, and targets that stand behind makesafe's include.
 *
 * @param task the makefile target, as typed
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
 * Refuses `make logs down` if `down` is the team's own target: the person may have meant `down` as a word. For
 * makesafe's own targets, make itself refuses.
 *
 * @param typed the goals of the command line
 * @param tasks names of all tasks of this repository
 * @throws UsageError before any task has run
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
    // Not "make down": the terminal would replace it by makesafe's own target.
    { hint: `if you mean it, type ${late.goal} behind make on a line of its own` },
  );
}
