import { rmSync } from 'node:fs';
import type { Scratch } from './scratch.ts';

const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

const idOf = (at: number): string => String(at + 1).padStart(4, '0');

/** A revision that runs a text of SQL as it is: no parameter is looked for in it. */
const revision = (at: number, text: string): string => `"""Number ${at + 1}."""
from alembic import op

revision = "${idOf(at)}"
down_revision = ${at === 0 ? 'None' : `"${idOf(at - 1)}"`}
branch_labels = None
depends_on = None

TEXT = ${JSON.stringify(text)}


def upgrade():
    op.get_bind().connection.cursor().execute(TEXT)


def downgrade():
    pass
`;

/** Replaces the sample's revisions by a chain of these texts of SQL. */
export function onlyRevisions(scratch: Scratch, texts: readonly string[]): void {
  rmSync(scratch.path(VERSIONS), { recursive: true, force: true });
  texts.forEach((text, at) => scratch.write(`${VERSIONS}/${idOf(at)}.py`, revision(at, text)));
}
