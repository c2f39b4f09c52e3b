import type { FoundFile } from './compose-files.ts';

/** The compose files of one environment, as `-f` takes them. */
export interface FoundEnvironment {
  readonly name: string;
  readonly files: readonly string[];
  /** What its data are: everything is protected that is not plainly local. */
  readonly protected: boolean;
  /** Why it is protected, or why not. */
  readonly because: string;
}

/** One that the files of a repository may stand for. */
export interface Candidate extends FoundEnvironment {
  /** The file that it is called after. */
  readonly file: FoundFile | undefined;
}
