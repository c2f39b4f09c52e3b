import { MakesafeError, messageOf } from '../errors.ts';

export interface Outcome {
  /** `skipped` never hides a fault: another check has failed, or nobody asked for this one. */
  readonly state: 'passed' | 'warning' | 'failed' | 'skipped';
  /** What the check saw, with names. */
  readonly found: string;
  /** What to type or do. */
  readonly remedy?: string;
}

/** One question about an environment, with a name for the table. */
export interface Check<Facts> {
  readonly name: string;
  /** @throws anything: the check has then failed */
  readonly look: (facts: Facts) => Promise<Outcome>;
}

export interface CheckResult extends Outcome {
  readonly check: string;
}

export const passed = (found: string): Outcome => ({ state: 'passed', found });
export const warning = (found: string, remedy: string): Outcome => ({ state: 'warning', found, remedy });
export const failed = (found: string, remedy: string): Outcome => ({ state: 'failed', found, remedy });
export const skipped = (found: string): Outcome => ({ state: 'skipped', found });

/** Runs a check. If it throws, it has failed. */
export async function lookAt<Facts>({ name, look }: Check<Facts>, facts: Facts): Promise<CheckResult> {
  try {
    return { check: name, ...(await look(facts)) };
  } catch (error) {
    const hint = error instanceof MakesafeError && error.hint !== undefined ? { remedy: error.hint } : {};
    return { check: name, state: 'failed', found: messageOf(error), ...hint };
  }
}

/** The same check, but a failure is only a warning. */
export function asWarning<Facts>(check: Check<Facts>): Check<Facts> {
  return {
    name: check.name,
    async look(facts) {
      const { state, ...outcome } = await lookAt(check, facts);
      return { ...outcome, state: state === 'failed' ? 'warning' : state };
    },
  };
}

/** The first few names, and how many more there are: `a, b, c and 12 more`. */
export function some(names: readonly string[], most = 5): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
