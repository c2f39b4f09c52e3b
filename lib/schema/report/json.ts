import type { Comparison } from '../compare/comparison.ts';
import { concernOf } from './concern.ts';
import { total } from './wording.ts';

/** Changes if programs that read the result have to change. A new field does not change it. */
const FORMAT = 1;

/**
 * Renders the comparison for programs, as docs/COMPARISON.md describes it. Always has every field; null means unknown
 * or not applicable.
 */
export function renderJson(comparison: Comparison): string {
  const { verdict, base, compared, privileges, objects, differences, ignored, incomplete, limits } =
    comparison;
  const side = ({ label, source, database, serverVersion, pgDumpVersion }: Comparison['base']): object => ({
    label,
    source,
    database,
    serverVersion: serverVersion ?? null,
    pgDumpVersion: pgDumpVersion ?? null,
  });
  return JSON.stringify(
    {
      format: FORMAT,
      verdict,
      base: side(base),
      compared: side(compared),
      privileges,
      counts: total(objects),
      objects,
      differences: differences.map((difference) => ({
        kind: difference.kind,
        schema: difference.schema,
        table: difference.table ?? null,
        name: difference.name,
        class: difference.class,
        concern: concernOf(difference),
        changes: difference.changes,
        base: difference.base ?? null,
        compared: difference.compared ?? null,
      })),
      ignored,
      incomplete,
      limits,
    },
    null,
    2,
  );
}
