import type { Parameter, Parameters } from './parameter.ts';
/** A declared parameter; `constructor` and the like are none. */
export declare const ownParameter: (declared: Parameters, name: string) => Parameter | undefined;
/** What the script itself was given, as the text of each declared parameter; what is wrong goes to `problems`. */
export declare function readArguments(
  declared: Parameters,
  argv: readonly string[],
  problems: string[],
): Map<string, string>;
/** The sentence for a name that the task does not take. */
export declare function unknown(name: string, declared: Parameters): string;
/** What to say of a required parameter that was not typed. */
export declare function missing(
  name: string,
  parameter: Parameter,
  exported: string | undefined,
  environments?: readonly string[],
): string;
