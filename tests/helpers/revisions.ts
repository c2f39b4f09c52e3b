import { rmSync } from 'node:fs';
import type { Scratch } from './scratch.ts';

const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

/** Revision files that a test writes into a copy of the project, and takes away. */
export const revisionsIn = (scratch: Scratch) => ({
  /** @param body of `upgrade()`: a line of Python */
  revision: (id: string, before: string, body: string): void =>
    scratch.write(
      `${VERSIONS}/${id}.py`,
      `from alembic import op\n\nrevision = "${id}"\ndown_revision = "${before}"\n\n\ndef upgrade():\n    ${body}\n\n\ndef downgrade():\n    pass\n`,
    ),
  away: (...ids: string[]): void =>
    ids.forEach((id) => rmSync(scratch.path(`${VERSIONS}/${id}.py`), { force: true })),
});
