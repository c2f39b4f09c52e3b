type Fields = Readonly<Record<string, unknown>>;
/** An object with fields, not a list. */
export declare const isRecord: (value: unknown) => value is Fields;
/**
 * Each sentence names one thing that is wrong, with its place and what is expected; none for a valid registry. What is
 * given may be anything: types do not hold in a file that nobody compiles.
 */
export declare function checkRegistry(given: unknown): string[];
export {};
