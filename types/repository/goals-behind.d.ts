import { type TheirMakefile } from './their-makefile.ts';
/**
 * Of the goals of one command line the first, behind one of our tasks, that is theirs and destroys or stops; with the line
 * of its recipe. Judged is what make would run: a target that is excepted, has none of our names, or stands behind ours.
 *
 * @param task its target, as it was typed
 */
export declare function lateGoal(
  goals: readonly string[],
  task: string,
  theirs: TheirMakefile,
  ours: ReadonlySet<string>,
  readScript: (path: string) => string | undefined,
):
  | {
      readonly goal: string;
      readonly line: string;
    }
  | undefined;
/**
 * `make logs down`, where `down` is the team's own: a person may have meant it as a word. What is ours make itself refuses.
 *
 * @param typed the goals of the command line
 * @param tasks of this repository, by name
 * @throws UsageError before anything was run
 */
export declare function refuseLateGoal(
  root: string,
  task: string,
  typed: readonly string[],
  tasks: readonly string[],
): void;
