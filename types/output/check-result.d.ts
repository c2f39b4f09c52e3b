export interface Outcome {
  /** `not looked at` never hides a fault: what it depends on is a failure of its own, or was not asked for. */
  readonly state: 'passed' | 'warning' | 'failed' | 'not looked at';
  /** What there is, with its names. */
  readonly found: string;
  /** What to type or do about it. */
  readonly remedy?: string;
}
/** A question to what is known of an environment (`Facts`), with a name for the table of answers. */
export interface Check<Facts> {
  readonly name: string;
  /** @throws anything: what cannot be looked at has failed */
  readonly look: (facts: Facts) => Promise<Outcome>;
}
export interface Finding extends Outcome {
  readonly check: string;
}
export declare const passed: (found: string) => Outcome;
export declare const warning: (found: string, remedy: string) => Outcome;
export declare const failed: (found: string, remedy: string) => Outcome;
export declare const notLookedAt: (found: string) => Outcome;
export declare function lookAt<Facts>({ name, look }: Check<Facts>, facts: Facts): Promise<Finding>;
/** The same check, where a fault is nothing to stop for. */
export declare function asWarning<Facts>(check: Check<Facts>): Check<Facts>;
/** The first few of many, and how many more there are: `a, b, c and 12 more`. */
export declare function some(names: readonly string[], most?: number): string;
