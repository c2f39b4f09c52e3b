import { rmSync } from 'node:fs';
import type { Scratch } from './scratch.ts';

const MIGRATIONS = 'app/backend/core_api/migrations';

/** Of the sample's application. */
export const INI = `${MIGRATIONS}/alembic.ini`;
export const ENV_PY = `${MIGRATIONS}/alembic/env.py`;
export const VERSIONS = `${MIGRATIONS}/alembic/versions`;
export const HEAD = '20251211_140000000';

/** The lines of Python that execute statements. */
export const executed = (...statements: readonly string[]): string =>
  statements.map((statement) => `op.execute(${JSON.stringify(statement)})`).join('\n');

/** Revision files that a test writes into a copy of the project, and takes away. */
export function revisionsIn(scratch: Scratch) {
  const written = new Set<string>();
  const indented = (lines: string): string => lines.replaceAll(/^(?=.)/gm, '    ');
  return {
    /** @param upgrade lines of Python, as `downgrade`, without which the file has none */
    revision: (
      id: string,
      before: string | null,
      upgrade: string,
      downgrade: string | null = 'pass',
    ): void => {
      written.add(id);
      scratch.write(
        `${VERSIONS}/${id}.py`,
        `from alembic import op\n\nrevision = "${id}"\ndown_revision = ${before === null ? 'None' : `"${before}"`}\n\n\ndef upgrade():\n${indented(upgrade)}\n${
          downgrade === null ? '' : `\n\ndef downgrade():\n${indented(downgrade)}\n`
        }`,
      );
    },
    /** All of them, where it is not said which. */
    away: (...ids: string[]): void =>
      (ids.length > 0 ? ids : [...written]).forEach((id) =>
        rmSync(scratch.path(`${VERSIONS}/${id}.py`), { force: true }),
      ),
  };
}
