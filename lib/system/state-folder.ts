import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What makesafe knows of this account beyond one checkout.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export const stateFolder = (): string =>
  join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'makesafe');
