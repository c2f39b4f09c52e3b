import stringWidth from 'fast-string-width';
import type { Terminal } from './terminal.ts';
import type { CheckResult } from './check-result.ts';
import { printable } from './printable.ts';

export const SIGN = { passed: '✓', warning: '!', failed: '✗', skipped: '–' } as const;
const COLOUR = { passed: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

/** One line for each check, with its remedy below. */
export function renderCheckResults(results: readonly CheckResult[], style: Terminal['style']): string {
  const width = Math.max(...results.map(({ check }) => stringWidth(check)));
  return results
    .flatMap(({ check, state, found, remedy }) => [
      `${style(COLOUR[state], SIGN[state])} ${check.padEnd(width)}  ${printable(found)}`,
      // A remedy may have several lines.
      ...(remedy?.split('\n').map((line) => `  ${' '.repeat(width)}  → ${printable(line)}`) ?? []),
    ])
    .join('\n');
}

/** JSON for programs, as docs/COMPARISON.md describes it. Always has every field. */
export const renderCheckResultsJson = (...given: Parameters<typeof checkResultsForJson>): string =>
  JSON.stringify(checkResultsForJson(...given), null, 2);

/** The same as an object, for a result that has more. */
export function checkResultsForJson(
  environment: string,
  base: string | undefined,
  results: readonly CheckResult[],
): object {
  const checks = results.map(({ check, state, found, remedy = null }) => ({ check, state, found, remedy }));
  const passed = results.every(({ state }) => state !== 'failed');
  return { format: 1, environment, base: base ?? null, passed, checks };
}
