import stringWidth from 'fast-string-width';
import type { Terminal } from './terminal.ts';
import type { Finding } from './check-result.ts';
import { printable } from './printable.ts';

const SIGN = { passed: '✓', warning: '!', failed: '✗', 'not looked at': '–' } as const;
const COLOUR = { passed: 'green', warning: 'yellow', failed: 'red', 'not looked at': 'dim' } as const;

/** A line for each check, its remedy below. */
export function renderFindings(findings: readonly Finding[], style: Terminal['style']): string {
  const width = Math.max(...findings.map(({ check }) => stringWidth(check)));
  return findings
    .flatMap(({ check, state, found, remedy }) => [
      `${style(COLOUR[state], SIGN[state])} ${check.padEnd(width)}  ${printable(found)}`,
      // One of several, a line each.
      ...(remedy?.split('\n').map((line) => `  ${' '.repeat(width)}  → ${printable(line)}`) ?? []),
    ])
    .join('\n');
}

/** For programs, documented in docs/COMPARISON.md. Every field is always there. */
export function renderFindingsJson(
  environment: string,
  base: string | undefined,
  findings: readonly Finding[],
): string {
  const checks = findings.map(({ check, state, found, remedy = null }) => ({ check, state, found, remedy }));
  const passed = findings.every(({ state }) => state !== 'failed');
  return JSON.stringify({ format: 1, environment, base: base ?? null, passed, checks }, null, 2);
}
