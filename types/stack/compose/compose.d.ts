import type { Environment } from '../../environment/resolve.ts';
import type { Stack, StackOptions } from '../stack.ts';
/** A stack that docker compose runs. Reads the resolved configuration once. */
export declare function openComposeStack(environment: Environment, options: StackOptions): Promise<Stack>;
