import type { Facts } from './facts.ts';
/** What the guard's screen says. */
export declare function namesOfFacts({ target, contents, markers, plan }: Facts): string[];
