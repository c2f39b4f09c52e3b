import type { Environment } from '../../../environment/resolve.ts';
import { FailedError } from '../../../errors.ts';
import type { DatabaseSettings } from './login.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { type ConnectOptions } from './connect.ts';
/**
 * Whether the server takes our password from where the application connects, over the network: on its loopback the
 * official image asks for none, so that all of ours would go well with a wrong one.
 */
export declare function takesPassword(
  engine: Engine,
  container: string,
  settings: DatabaseSettings,
  how?: Omit<ConnectOptions, 'from'>,
): Promise<boolean>;
/** What there is to do then; on its socket the server lets its own user in. */
export declare function otherPasswordIn(
  docker: Docker,
  container: string,
  { name, user, password }: DatabaseSettings,
  environment: Environment,
): FailedError;
