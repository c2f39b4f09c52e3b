import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import { VERSIONS, revisionsIn } from './revisions.ts';
import type { Scratch } from './scratch.ts';

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

/** Runs `al-check` over these revisions, in this order, instead of those of the sample. */
export async function checkedRevisions(
  scratch: Scratch,
  revisions: readonly SqlRevision[],
  more = '',
): Promise<CheckedRevisions> {
  rmSync(scratch.path(VERSIONS), { recursive: true });
  const { revision } = revisionsIn(scratch);
  revisions.forEach(([id, up, down], at) =>
    revision(id, revisions[at - 1]?.[0] ?? null, `op.execute(r"""${up}""")`, `op.execute(r"""${down}""")`),
  );
  scratch.write('roles.sql', 'SELECT 1;\n');
  const ran = await scratch.runTask(`al-check JSON=1 BOOTSTRAP_ROLES_SQL=roles.sql ${more}`);
  expect(ran.stdout, ran.stderr).toMatch(/^\{/);
  return JSON.parse(ran.stdout) as CheckedRevisions;
}

export const withRowsOf = ({ checks }: CheckedRevisions): CheckedRevisions['checks'][number] =>
  checks.find((one) => one.check === 'with rows')!;
