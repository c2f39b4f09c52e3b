import type { Environment } from '../../../environment/resolve.ts';
import { type ComposeConfig } from './config.ts';
/** @throws ConfigurationError where a service is behind a profile that is not this environment's, with the line to write */
export declare function refuseBehindProfile(
  service: string,
  { services }: ComposeConfig,
  environment: Environment,
): Promise<void>;
