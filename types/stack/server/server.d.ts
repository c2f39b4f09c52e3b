import type { Environment } from '../../environment/resolve.ts';
import type { Stack, StackOptions } from '../stack.ts';
/** invalid_catalog_name: https://www.postgresql.org/docs/current/errcodes-appendix.html */
/** A PostgreSQL that somebody else runs, a managed one for instance. Nothing but its databases is makesafe's. */
export declare function openServerStack(environment: Environment, options: StackOptions): Stack;
