import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ConfigurationError, UnreachableError } from '../../errors.ts';
import type { Command } from '../../system/command.ts';
import { run, type Result } from '../../system/process.ts';

/** Exits with 0 for a Python that can migrate. It imports a driver, because one may be installed without its libpq. */
const PROBE = `
import importlib, importlib.util, sys
if not all(map(importlib.util.find_spec, ("alembic", "sqlalchemy"))):
    sys.exit(1)
for driver in "psycopg", "psycopg2", "asyncpg", "pg8000":
    try:
        importlib.import_module(driver)
        sys.exit(0)
    except ImportError:
        pass
sys.exit(1)
`;

/**
 * Finds the Alembic to migrate with: the one that ALEMBIC names; else that in .venv of the project, in .venv of
 * `folderOfIni`, or of a Python on PATH.
 *
 * @param folderOfIni the folder of alembic.ini
 * @returns the command, to which alembic's arguments are appended; undefined if none was found
 * @throws ConfigurationError when ALEMBIC names something that cannot be used
 */
export async function findAlembic(
  root: string,
  named: string | undefined,
  folderOfIni = root,
): Promise<Command | undefined> {
  if (named === '')
    throw new ConfigurationError('ALEMBIC is empty', { hint: 'ALEMBIC=<file>, or leave it out' });
  if (named !== undefined) {
    // As with OUT and BACKUP_DIR, a path is relative to the folder of the command. A bare name is searched on PATH.
    const file = named.includes('/') ? resolve(named) : named;
    const { status, stdout, stderr } = await tryRun({ file, args: ['--version'] });
    if (status === 0 && /^alembic \d/.test(stdout)) return { file, args: [] };
    throw new ConfigurationError(
      `ALEMBIC=${named} is not an alembic that runs${stderr && `: ${stderr.trim()}`}`,
      { hint: `see what it says: ${named} --version; or leave ALEMBIC out` },
    );
  }
  for (const python of [
    ...new Set([root, folderOfIni].map((folder) => join(folder, '.venv', 'bin', 'python'))),
    ...pythonsOnPath(),
  ]) {
    if (!existsSync(python)) continue;
    if ((await tryRun({ file: python, args: ['-c', PROBE] })).status === 0) {
      return { file: python, args: ['-m', 'alembic'] };
    }
  }
  return undefined;
}

export function pythonsOnPath(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  // Return all of them: Debian's alembic belongs to Debian's Python, which may not be the first on PATH.
  return folders.flatMap((folder) => ['python3', 'python'].map((name) => join(folder, name)));
}

async function tryRun(command: Command): Promise<Result> {
  try {
    return await run(command);
  } catch (error) {
    if (error instanceof UnreachableError) return { status: 127, stdout: '', stderr: error.message };
    throw error;
  }
}
