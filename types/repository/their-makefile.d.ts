/** A target of a makefile, as it stands there. */
export interface Target {
  readonly name: string;
  readonly prerequisites: readonly string[];
  readonly recipe: readonly string[];
  /** It stands behind the include of our targets, so that make takes it and not ours. */
  readonly behindOurs: boolean;
}
export interface TheirMakefile {
  readonly targets: readonly Target[];
  /** Targets are made while make reads it: their names cannot be read. */
  readonly computed: boolean;
  /** `include .env` and `export`: what is in the env file comes from make. */
  readonly exportsEnvFile: boolean;
  /** What makesafe.mk is told, where it is included. */
  readonly ours:
    | {
        readonly prefix: string;
        readonly except: readonly string[];
      }
    | undefined;
}
export declare const includesUs: (makefile: string) => boolean;
/**
 * What a makefile states. It is read as text, for make runs `$(shell …)` and remakes what is included whenever it reads a
 * makefile, also with -n and -p.
 *
 * @see https://www.gnu.org/software/make/manual/html_node/Instead-of-Execution.html
 */
export declare function readTheirMakefile(root: string, makefile: string): TheirMakefile;
/** How our tasks are called through make here. */
export interface Spelling {
  readonly prefix: string;
  /** Tasks whose name is, for make, another target. */
  readonly except: readonly string[];
}
/** What make would really run: a target of theirs that is excepted, or that stands behind ours. */
export declare function spellingIn({ ours, targets }: TheirMakefile): Spelling | undefined;
/** The same of a repository, as its makefile stands now; undefined where it has no targets of ours. */
export declare function spellingOf(root: string): Spelling | undefined;
