import type { Command } from '../../system/command.ts';
import type { Result } from '../../system/process.ts';
import { type Python } from './interpreter.ts';
/**
 * The Python of the alembic that a container's service runs.
 *
 * @throws RefusedError where alembic is no script of Python, or there is no shell to look with
 */
export declare function pythonIn(
  service: string,
  run: (words: readonly string[]) => Promise<Result>,
): Promise<Python>;
/** For a stack with containers. */
export declare const NAME_PYTHON = 'application.python in env/environments.ts, as that service sees it';
/** For a stack without. */
export declare const NAME_ALEMBIC = 'ALEMBIC=<the alembic in the bin folder of the Python that has it>';
/**
 * The Python of an alembic of this machine: a Python with its module, or a script, by its path or on PATH.
 *
 * @throws RefusedError where it is no script of Python
 */
export declare function pythonOf({ file, args }: Command): Python;
