import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import type { Scratch } from './scratch.ts';

const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

/** What `al-check JSON=1` prints, as far as it is about rows. */
export interface CheckedRevisions {
  readonly checks: readonly { check: string; state: string; found: string; remedy: string | null }[];
  readonly rows: {
    readonly failed: readonly {
      revision: string;
      doing: string;
      line: number;
      rows: string;
      message: string;
    }[];
    readonly without: readonly { table: string; why: string }[];
  };
}

/** Its id, and the SQL of upgrade() and downgrade(). */
export type SqlRevision = readonly [id: string, up: string, down: string];

const text = ([id, up, down]: SqlRevision, before: string | undefined): string =>
  `from alembic import op\n\nrevision = "${id}"\ndown_revision = ${before === undefined ? 'None' : `"${before}"`}\n\n\ndef upgrade():\n    op.execute(r"""${up}""")\n\n\ndef downgrade():\n    op.execute(r"""${down}""")\n`;

/** Runs `al-check` over these revisions, in this order, instead of those of the sample. */
export async function checkedRevisions(
  scratch: Scratch,
  revisions: readonly SqlRevision[],
  more = '',
): Promise<CheckedRevisions> {
  rmSync(scratch.path(VERSIONS), { recursive: true });
  revisions.forEach((one, at) =>
    scratch.write(`${VERSIONS}/${one[0]}.py`, text(one, revisions[at - 1]?.[0])),
  );
  scratch.write('roles.sql', 'SELECT 1;\n');
  const ran = await scratch.runTask(`al-check JSON=1 BOOTSTRAP_ROLES_SQL=roles.sql ${more}`);
  expect(ran.stdout, ran.stderr).toMatch(/^\{/);
  return JSON.parse(ran.stdout) as CheckedRevisions;
}

export const withRowsOf = ({ checks }: CheckedRevisions): CheckedRevisions['checks'][number] =>
  checks.find((one) => one.check === 'with rows')!;
