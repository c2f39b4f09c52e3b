import type { Environment } from '../../environment/resolve.ts';
import type { Stack, StackOptions } from '../stack.ts';
/** A stack without containers: PostgreSQL from npm, on this machine's loopback only. */
export declare function openEmbeddedStack(environment: Environment, options: StackOptions): Stack;
