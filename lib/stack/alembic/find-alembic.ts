import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ConfigurationError, UnreachableError } from '../../errors.ts';
import type { Command } from '../../system/command.ts';
import { run, type Result } from '../../system/process.ts';

/** Ends well for a Python that can migrate. Only a driver is imported: it may be there without its libpq. */
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
 * The Alembic to migrate with: what ALEMBIC names, the .venv of the project or of alembic.ini's folder, then each Python on PATH.
 *
 * @returns the command to put alembic's arguments behind; undefined when there is none
 * @throws ConfigurationError when ALEMBIC names something that cannot be used
 */
export async function findAlembic(
  root: string,
  named: string | undefined,
  beside = root,
): Promise<Command | undefined> {
  if (named === '')
    throw new ConfigurationError('ALEMBIC is empty', { hint: 'ALEMBIC=<file>, or leave it out' });
  if (named !== undefined) {
    // As OUT and BACKUP_DIR: relative to where the command was typed. A bare name is looked up on PATH.
    const file = named.includes('/') ? resolve(named) : named;
    const { status, stdout, stderr } = await tryRun({ file, args: ['--version'] });
    if (status === 0 && /^alembic \d/.test(stdout)) return { file, args: [] };
    throw new ConfigurationError(
      `ALEMBIC=${named} is not an alembic that runs${stderr && `: ${stderr.trim()}`}`,
      { hint: `see what it says: ${named} --version; or leave ALEMBIC out` },
    );
  }
  for (const python of [
    ...new Set([root, beside].map((folder) => join(folder, '.venv', 'bin', 'python'))),
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
  // Debian's own Python is the one that Debian's alembic belongs to, and may not be the first on PATH.
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
