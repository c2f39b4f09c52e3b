import type { GuardRequest } from './request.ts';
import { type Passed } from './facts/facts.ts';
/**
 * Opens the stack and asks for the facts.
 *
 * @param seen what the person has seen, when it is looked at once more
 */
export declare function look({ read, open, environment }: GuardRequest, seen?: Passed): Promise<Passed>;
