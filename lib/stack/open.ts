import type { Environment } from '../environment/resolve.ts';
import type { ComposeOptions } from './compose/compose.ts';
import type { Stack } from './stack.ts';

/** The stack of an environment, as its registry entry states it; never as what happens to be installed. */
export async function openStack(environment: Environment, options: ComposeOptions): Promise<Stack> {
  const { openComposeStack } = await import('./compose/compose.ts');
  return openComposeStack(environment, options);
}
