import type { FoundFile } from './compose-files.ts';

/** The compose files of one environment, as `-f` takes them. */
export interface FoundEnvironment {
  readonly name: string;
  readonly files: readonly string[];
  /** True unless the environment is plainly local. */
  readonly protected: boolean;
  /** Why it is protected, or why it is not. */
  readonly because: string;
}

/** An environment that files of the repository may stand for. */
export interface Candidate extends FoundEnvironment {
  /** The file that it is named after. */
  readonly file: FoundFile | undefined;
}
