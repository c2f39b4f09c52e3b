import { readdirSync } from 'node:fs';
import { beforeAll } from 'vitest';
import { PATIENCE, useEmbedded } from './embedded.ts';
import type { Ran } from './processes.ts';
import { revisionsIn } from './revisions.ts';

export const KEPT = '.embedded/.migrations';

/** `local_demo` at head, and what compares it with its migrations. */
export function useKeptSchema() {
  const scratch = useEmbedded();
  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
    await scratch.mustTask('al-up-env ENV=local_demo');
  }, PATIENCE);
  return {
    scratch,
    ...revisionsIn(scratch),
    diff: (): Promise<Ran> => scratch.runTask('db-diff-schema-env ENV=local_demo BASE=migrations'),
    isFromKept: ({ stderr }: Ran): boolean => stderr.includes('none of their files has changed'),
    files: (): string[] =>
      readdirSync(scratch.path(KEPT))
        .filter((name) => name.endsWith('.json'))
        .map((name) => scratch.path(KEPT, name)),
  };
}
