import { type Situation } from './decide.ts';
import type { About } from './situation.ts';
import { type Surveyed } from './survey.ts';
/** What is looked at behind `down` and `stop`, for their [ok]. */
export interface Confirming {
  /** @returns what was stopped beside what compose stops, in words */
  readonly stopOthers: () => Promise<string[]>;
  /** @throws FailedError when the data is not where it was */
  readonly confirmKept: (situation: Situation & Surveyed) => Promise<string>;
  /** @throws FailedError when one of the containers is gone */
  readonly confirmStopped: (situation: Situation & Surveyed) => Promise<string>;
}
/** @param record the file in which it is kept where the data was last */
export declare function confirming(
  { environment, engine, docker, databaseService }: About,
  record: string,
): Confirming;
