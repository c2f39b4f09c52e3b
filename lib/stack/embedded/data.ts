import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, FailedError, MakesafeError, messageOf } from '../../errors.ts';
import { failed, passed, type Outcome } from '../../output/check-result.ts';
import { findBinaries } from './binaries.ts';
import type { Home } from './server.ts';
import { readText } from '../../system/read-bounded.ts';

/** The major version of the data directory; undefined where there is none yet. */
export function dataVersion({ data }: Home): string | undefined {
  const found = lstatSync(data, { throwIfNoEntry: false });
  if (!found) return undefined;
  // What a link leads to is read as well, and must be there.
  const folder = statSync(data, { throwIfNoEntry: false });
  if (!folder?.isDirectory())
    throw new ConfigurationError(`${data} is ${folder ? 'no folder' : 'a link that leads nowhere'}`, {
      hint: `look into it; the embedded server has its data there`,
    });
  try {
    return readText(join(data, 'PG_VERSION'), { most: 1000 }).trim();
  } catch (error) {
    throw new ConfigurationError(
      `${data} holds no PG_VERSION that can be read: it is not a data directory of PostgreSQL (${messageOf(error)})`,
      {
        cause: error,
        hint: `look into it, and move it away if nothing in it is needed: mv ${data} ${data}.kept`,
      },
    );
  }
}

/**
 * Refuses to start a server on what is no data directory, or one of another version: it would not start, and initdb must not
 * touch it.
 *
 * @throws ConfigurationError
 */
export function checkData(home: Home, environment: string): void {
  const version = dataVersion(home);
  if (version === undefined) return;
  const { major } = findBinaries(join(home.folder, 'lib'));
  if (version === major) return;
  throw new ConfigurationError(
    `the data in ${home.data} was made by PostgreSQL ${version}, and the embedded server is PostgreSQL ${major}`,
    {
      hint: `install the version that made it and take a backup with it; then: make db-reset-volume-env ENV=${environment}`,
    },
  );
}

/** What is there once the server has stopped. @throws FailedError when what should be there is not */
export function whatStays(home: Home): string {
  try {
    const version = dataVersion(home);
    return version === undefined ? 'it has no data yet' : `its data stays in ${home.data}`;
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    throw new FailedError(`stopped; ${error.message}`, { cause: error, hint: error.hint! });
  }
}

/** For `check`. */
export function storageOf(home: Home): Outcome {
  const version = dataVersion(home);
  if (version === undefined) return passed(`${home.data}, once it is up`);
  const { major } = findBinaries(join(home.folder, 'lib'));
  return version === major
    ? passed(`${home.data}: the next start finds it there`)
    : failed(
        `${home.data} is of PostgreSQL ${version}, the server of ${major}`,
        'install the version that made it',
      );
}
