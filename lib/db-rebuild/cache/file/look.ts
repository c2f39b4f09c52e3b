import { counted } from '../../../output/display.ts';
import { localTime } from '../../../database/replace/leftovers.ts';
import type { Sources } from '../../../stack/alembic/sources.ts';
import type { RebuildRun } from '../../parameters.ts';
import { bestOf, type Recipe } from '../fit.ts';
import { portable } from '../recipe.ts';
import type { MadeFile } from '../../../database/saves/made-files.ts';

/** The file that this rebuild takes, behind the roles. */
export interface FoundFile {
  readonly file: MadeFile;
  /** The revisions that run on top of it. */
  readonly lacks: readonly string[];
  /** What alembic read when it was found. */
  readonly sources: Sources;
}

let found: FoundFile | undefined;

export const whichFile = (): FoundFile | undefined => found;

/** Finds the file that this rebuild takes, where nothing on the server fits, and says so. */
export function lookForFile(
  { terminal }: RebuildRun,
  files: readonly MadeFile[],
  recipe: Recipe,
  sources: Sources,
): void {
  const best = bestOf(files, portable(recipe));
  if (!best) return;
  const { lacks, made: file } = best;
  found = { file, lacks, sources };
  const { since, checkout, seed } = file.mark;
  const more = [
    ...(lacks.length > 0 ? [counted(lacks.length, 'new revision')] : []),
    ...(seed === recipe.seed ? [] : ['the seed']),
  ];
  const then = more.length === 0 ? '' : `; ${more.join(' and ')} will run on top of it`;
  terminal.info(
    `what the rebuild of ${localTime(since)} in ${checkout} has made of the same files is taken from a file${then} (CACHE=0 makes it from nothing)`,
  );
}
