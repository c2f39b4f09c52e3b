import type { Environment } from '../environment/resolve.ts';
import type { Stack, StackOptions } from './stack.ts';

/** The stack of an environment, as its registry entry states it; never as what happens to be installed. */
export async function openStack(environment: Environment, options: StackOptions): Promise<Stack> {
  if (environment.entry.stack === 'embedded') {
    const { openEmbeddedStack } = await import('./embedded/embedded.ts');
    return openEmbeddedStack(environment, options);
  }
  if (environment.entry.stack === 'server') {
    const { openServerStack } = await import('./server/server.ts');
    return openServerStack(environment, options);
  }
  const { askFirst } = await import('./compose/ask-first.ts');
  const asked = await askFirst(environment, options);
  const { openComposeStack } = await import('./compose/compose.ts');
  return openComposeStack(environment, options, asked);
}
