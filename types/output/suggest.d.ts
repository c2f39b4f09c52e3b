/** The candidate that the person most probably meant, or undefined when none is near. */
export declare function nearest(typed: string, candidates: Iterable<string>): string | undefined;
