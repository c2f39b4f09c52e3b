import type { Environment } from '../../../environment/resolve.ts';
import { display } from '../../../output/display.ts';
import { FailedError } from '../../../errors.ts';
import { INVALID_PASSWORD, otherPassword } from '../../postgres/password.ts';
import type { DatabaseSettings } from './login.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { connect, type ConnectOptions } from './connect.ts';

/**
 * Whether the server takes our password from where the application connects, over the network: on its loopback the
 * official image asks for none, so that all of ours would go well with a wrong one.
 */
export async function takesPassword(
  engine: Engine,
  container: string,
  settings: DatabaseSettings,
  how: Omit<ConnectOptions, 'from'> = {},
): Promise<boolean> {
  try {
    const client = await connect(engine, container, settings.name, settings, { ...how, from: 'network' });
    await client.end();
    return true;
  } catch (error) {
    if (error instanceof FailedError && (error.cause as { code?: string }).code === INVALID_PASSWORD)
      return false;
    throw error;
  }
}

/** What there is to do then; on its socket the server lets its own user in. */
export function otherPasswordIn(
  docker: Docker,
  container: string,
  { name, user, password }: DatabaseSettings,
  environment: Environment,
): FailedError {
  const psql = ['psql', '-U', user, '-d', name, '-c', '\\password'];
  const set = docker('exec', '-it', container.slice(0, 12), ...psql);
  return otherPassword(environment, { user, password, database: name }, display(set));
}
