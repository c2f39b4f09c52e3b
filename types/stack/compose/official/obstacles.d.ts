import type { Environment } from '../../../environment/resolve.ts';
import { type Outcome } from '../../../output/check-result.ts';
import type { Declared } from './declared.ts';
import type { Problem } from './problems.ts';
/** What is asked about a database service. */
export interface Asking {
  readonly declared: () => Promise<Declared>;
  /** Whether a server that is started now finds its data, and is not made. */
  readonly findsData: () => Promise<boolean>;
}
/** What is in the way of a start of the database service. */
export declare function problemsOf({ declared, findsData }: Asking): Promise<readonly Problem[]>;
/** @throws ConfigurationError naming all of it: nothing is started then */
export declare function refuseProblems(
  environment: Environment,
  service: string,
  asking: Asking,
): Promise<void>;
/** The same for `check`, with what is declared where nothing is in the way. */
export declare function lookAtService(service: string, asking: Asking): Promise<Outcome>;
