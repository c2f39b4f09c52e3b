import type { Target, TheirMakefile } from './their-makefile.ts';
type Judge = (
  target: Target,
  makefile: TheirMakefile,
  readScript: (path: string) => string | undefined,
) => string | undefined;
/** The line of a recipe that destroys data, where there is one: also behind another target, or in a script of theirs. */
export declare const destroying: Judge;
/** The same of one that stops what others may be using. */
export declare const stopping: Judge;
/** Reads the scripts that recipes of a repository run; undefined where one is not there or is no text of that size. */
export declare const readScriptIn: (root: string) => (path: string) => string | undefined;
export {};
