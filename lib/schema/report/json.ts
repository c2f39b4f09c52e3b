import type { Comparison } from '../compare/comparison.ts';
import { concernOf } from './concern.ts';
import { total } from './wording.ts';

/** Changes when a program that reads the result would have to. New fields do not change it. */
const FORMAT = 1;

/**
 * The comparison for programs, documented in docs/COMPARISON.md. Every field is always there: null stands for what is
 * not known or does not apply.
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
