import { type Outcome } from '../../../output/check-result.ts';
import { type Endangered, type Situation } from './decide.ts';
import type { About } from './situation.ts';
/**
 * The check of a project without a container with data: by the configuration alone, and what was seen before.
 *
 * @param record the file in which it is kept where the data was last
 */
export declare function lookWithout(
  situation: Situation,
  { environment, engine, databaseService }: About,
  record: string,
  remedy: (situation: Situation, lost: Endangered) => string[],
): Promise<Outcome>;
/** Whether a server that is started now finds its data: in the container that is there, or where the next one looks. */
export declare function findsData(
  { containers, services }: Situation,
  { environment, engine, databaseService }: About,
): Promise<boolean>;
