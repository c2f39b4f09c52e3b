import type { MakeInvocation } from '../system/make.ts';
/** The line to type for a task, in the way in which this one was called. */
export declare function commandLine(
  make: MakeInvocation | undefined,
  root: string,
  task: string,
  parameters: Readonly<Record<string, string>>,
): string;
/**
 * Messages say `make up`. Where that is another target, or none, this puts what is to be typed there: with the prefix
 * that the makefile gives our targets, or without make.
 */
export declare function spelling(
  make: MakeInvocation | undefined,
  root: string,
): ((text: string) => string) | undefined;
