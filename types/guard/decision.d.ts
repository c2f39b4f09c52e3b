import type { EnvironmentEntry } from '../environment/entry.ts';
import type { GuardRequest } from './request.ts';
import type { Passed } from './facts/facts.ts';
/** The screen, the name typed, the countdown, and the facts once more. */
export declare function letPersonDecide(request: GuardRequest, seen: Passed): Promise<Passed>;
export declare const PROTECTED_MINIMUM_WAIT = 5;
/** Seconds to wait before the deed: never under five on a protected environment. */
export declare const waitSeconds: (entry: Pick<EnvironmentEntry, 'protected'>, asked: number) => number;
