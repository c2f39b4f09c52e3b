import type { Committed } from '../environment/committed.ts';
import type { EnvironmentEntry } from '../environment/entry.ts';

/** The reason for a refusal, and what the person can do. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** What is known by the environment's name and the process alone. */
export interface Asked {
  readonly name: string;
  readonly entry: EnvironmentEntry;
  readonly effect: 'destroy' | 'change' | 'migrate';
  /** The assistant that this process runs under, if it does. */
  readonly assistant: string | undefined;
  readonly commit: Committed;
}

/** What is known before the engine or the server is contacted. */
export interface Request {
  readonly name: string;
  readonly entry: EnvironmentEntry;
  /** The variables that are exported, by the shell or a makefile. */
  readonly exports: Readonly<Record<string, string>>;
  /** Those of them that a makefile exports. */
  readonly ofMakefile?: ReadonlySet<string>;
}

export interface GuardCheck<T> {
  /** The name that the journal records. */
  readonly name: string;
  readonly refuses: (about: T) => Refusal | undefined;
}
