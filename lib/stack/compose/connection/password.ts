import type { Environment } from '../../../environment/resolve.ts';
import { display } from '../../../output/display.ts';
import { FailedError } from '../../../errors.ts';
import { INVALID_PASSWORD, otherPassword } from '../../postgres/password.ts';
import type { DatabaseSettings } from './login.ts';
import type { Docker } from '../engine/docker.ts';
import type { Engine } from '../engine/engine.ts';
import { connect, type ConnectOptions } from './connect.ts';

/**
 * Whether the server accepts our password over the network, like the application's. On loopback the official image asks
 * for no password, so makesafe's own sessions would work with a wrong one.
 *
 * @throws UnreachableError · FailedError when the session fails for another reason
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

/** The error for a wrong password. Its hint sets a new one: on the Unix socket the server asks for no password. */
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
