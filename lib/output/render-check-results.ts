import stringWidth from 'fast-string-width';
import type { Terminal } from './terminal.ts';
import type { Finding } from './check-result.ts';
import { printable } from './printable.ts';

const SIGN = { passed: '✓', warning: '!', failed: '✗', 'not looked at': '–' } as const;
const COLOUR = { passed: 'green', warning: 'yellow', failed: 'red', 'not looked at': 'dim' } as const;

/** One line for each check, with its remedy below. */
export function renderFindings(findings: readonly Finding[], style: Terminal['style']): string {
  const width = Math.max(...findings.map(({ check }) => stringWidth(check)));
  return findings
    .flatMap(({ check, state, found, remedy }) => [
      `${style(COLOUR[state], SIGN[state])} ${check.padEnd(width)}  ${printable(found)}`,
      // A remedy may have several lines.
      ...(remedy?.split('\n').map((line) => `  ${' '.repeat(width)}  → ${printable(line)}`) ?? []),
    ])
    .join('\n');
}

/** JSON for programs, as docs/COMPARISON.md describes it. Always has every field. */
export function renderFindingsJson(
  environment: string,
  base: string | undefined,
  findings: readonly Finding[],
): string {
  const checks = findings.map(({ check, state, found, remedy = null }) => ({ check, state, found, remedy }));
  const passed = findings.every(({ state }) => state !== 'failed');
  return JSON.stringify({ format: 1, environment, base: base ?? null, passed, checks }, null, 2);
}
