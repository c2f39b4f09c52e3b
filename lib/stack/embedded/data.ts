import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, FailedError, MakesafeError, messageOf } from '../../errors.ts';
import { failed, passed, type Outcome } from '../../output/check-result.ts';
import { findBinaries } from './binaries.ts';
import type { Home } from './server.ts';
import { readText } from '../../system/read-bounded.ts';

/** The major version of the data directory; undefined if it does not exist yet. */
export function dataVersion({ data }: Home): string | undefined {
  const found = lstatSync(data, { throwIfNoEntry: false });
  if (!found) return undefined;
  // The data directory may be a link; its target must exist.
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
 * Refuses to start a server if its data folder is not a data directory, or is of another major version: the server
 * would not start, and initdb must not change the folder.
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

/** Says where the data of a stopped server is. @throws FailedError when its data folder is not a data directory */
export function whatStays(home: Home): string {
  try {
    const version = dataVersion(home);
    return version === undefined ? 'it has no data yet' : `its data stays in ${home.data}`;
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    throw new FailedError(`stopped; ${error.message}`, { cause: error, hint: error.hint! });
  }
}

/** The check result for `make check`: whether the next start finds the data and has the right version. */
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
