import type { Facts } from './facts/facts.ts';
import type { Request, Check } from './check.ts';
/**
 * The whole policy. Before it stands that a protected environment wants FORCE=1 (guard.ts); behind it the backup, the
 * person and the countdown. FORCE overrides none of these. docs/GUARD.md says what each protects from.
 */
export declare const BEFORE_CONTACT: readonly Check<Request>[];
export declare const ON_FACTS: readonly Check<Facts>[];
/** After an interrupted run, whose database is closed, was undone. */
export declare const ON_CONTENTS: readonly Check<Facts>[];
/**
 * Asks every check.
 *
 * @returns the names of the checks
 * @throws RefusedError with all reasons and remedies at once
 */
export declare function enforce<T>(checks: readonly Check<T>[], about: T): string[];
