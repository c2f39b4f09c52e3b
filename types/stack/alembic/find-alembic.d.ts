import type { Command } from '../../system/command.ts';
/**
 * The Alembic to migrate with: what ALEMBIC names, the .venv of the project or of alembic.ini's folder, then each Python on PATH.
 *
 * @returns the command to put alembic's arguments behind; undefined when there is none
 * @throws ConfigurationError when ALEMBIC names something that cannot be used
 */
export declare function findAlembic(
  root: string,
  named: string | undefined,
  beside?: string,
): Promise<Command | undefined>;
export declare function pythonsOnPath(): string[];
