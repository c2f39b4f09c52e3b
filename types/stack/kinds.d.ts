import type { Environment } from '../environment/resolve.ts';
import type { Stack, StackOptions } from './stack.ts';
/** The stack of an environment, as its registry entry states it; never as what happens to be installed. */
export declare function openStack(environment: Environment, options: StackOptions): Promise<Stack>;
