import type { EnvironmentEntry } from '../environment/entry.ts';
/** Why not, and what to do. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}
/** What is known before anything is asked. */
export interface Request {
  readonly name: string;
  readonly entry: EnvironmentEntry;
  /** What the shell exports, by name. */
  readonly exports: Readonly<Record<string, string>>;
}
export interface Check<T> {
  /** As the journal has it. */
  readonly name: string;
  readonly refuses: (about: T) => Refusal | undefined;
}
