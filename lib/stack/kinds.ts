import type { Environment } from '../environment/resolve.ts';
import type { Stack, StackOptions } from './stack.ts';

/** The stack of an environment, as its registry entry states it; never as what happens to be installed. */
export async function openStack(environment: Environment, options: StackOptions): Promise<Stack> {
  switch (environment.entry.stack) {
    case 'embedded':
      return (await import('./embedded/embedded.ts')).openEmbeddedStack(environment, options);
    case 'server':
      return (await import('./server/server.ts')).openServerStack(environment, options);
    case 'compose':
      return (await import('./compose/compose.ts')).openComposeStack(environment, options);
  }
}
