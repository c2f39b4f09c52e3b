import type { Plan } from '../../stack/plan.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Deed } from './blocked.ts';
import type { Facts } from '../facts/facts.ts';
/** What will be destroyed, from facts, one line each. */
export declare function describeTarget(facts: Facts, { what, effect }: Deed, terminal: Terminal): string[];
/** All that is removed, and what of the project stays: each thing in a line of its own, the database's storage first. */
export declare function describePlan(plan: Plan): [string, string][];
/** What does not refuse, but should be seen. */
export declare function describeDoubts({ overlaps, unknown }: Facts): string[];
/** `3 minutes ago`, from seconds. */
export declare function ago(seconds: number): string;
