import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Command } from '../../system/command.ts';
import { ConfigurationError, FailedError, RefusedError } from '../../errors.ts';
import type { Result } from '../../system/process.ts';
import { interpreterOf, type Python } from './interpreter.ts';
import { readHead } from '../../system/read-bounded.ts';

/** Prints the path of the first alembic on PATH, and its first two lines. Uses only built-in shell commands. */
const LOOK = `f=$(command -v alembic) || exit 3
printf '%s\\n' "$f"
{ IFS= read -r a; IFS= read -r b; } < "$f"
printf '%s\\n' "$a" "$b"`;

/**
 * Finds the Python of the alembic in a service's container.
 *
 * @param run runs a command in the container
 * @throws ConfigurationError if PATH has no alembic
 * @throws RefusedError if alembic is no Python script, or the container has no shell to find out
 */
export async function pythonIn(
  service: string,
  run: (words: readonly string[]) => Promise<Result>,
): Promise<Python> {
  const { status, stdout, stderr } = await run(['sh', '-c', LOOK]);
  if (status === 3) {
    throw new ConfigurationError(`service ${service} has no alembic on its PATH`, {
      hint: `name the Python that has it: ${NAME_PYTHON}`,
    });
  }
  if (status !== 0) {
    const said = stderr.trim() || stdout.trim();
    throw new RefusedError(
      `which database alembic reaches in service ${service} cannot be seen: its Python could not be looked for (${said}): nothing was touched`,
      { hint: `name the Python that has it: ${NAME_PYTHON}` },
    );
  }
  const [script = '', ...lines] = stdout.split('\n');
  const words = interpreterOf(lines);
  if (!words) {
    throw new RefusedError(
      `which database alembic reaches in service ${service} cannot be seen: ${script} is no script of Python: nothing was touched`,
      { hint: `name the Python that has it: ${NAME_PYTHON}` },
    );
  }
  return { words, script };
}

/** How a person names the Python, for a stack with containers. */
export const NAME_PYTHON = 'application.python in env/environments.ts, as that service sees it';

/** The same for a stack without containers. */
export const NAME_ALEMBIC = 'ALEMBIC=<the alembic in the bin folder of the Python that has it>';

/**
 * Finds the Python of an alembic on this machine. The command is a Python with `-m alembic`, or alembic's script.
 *
 * @throws RefusedError if it is no Python script
 */
export function pythonOf({ file, args }: Command): Python {
  if (args.length > 0) return { words: [file], script: undefined };
  const script = file.includes('/') ? file : onPath(file);
  const words = interpreterOf(readHead(script, 4096).toString('latin1').split('\n'));
  if (!words) {
    throw new RefusedError(
      `which database alembic reaches cannot be seen: ${script} is no script of Python: nothing was touched`,
      { hint: `name it: ${NAME_ALEMBIC}` },
    );
  }
  return { words, script };
}

function onPath(name: string): string {
  const files = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder || '.', name));
  const found = files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new FailedError(`${name} is not on PATH any more`);
  return found;
}
