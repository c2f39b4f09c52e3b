import type { Environment } from '../environment/resolve.ts';
import { once } from '../system/memoise.ts';
import type { Stack, StackOptions } from './stack.ts';

/** As `import()` gives them, which asks another thread each time. */
const embedded = once(() => import('./embedded/embedded.ts'));
const server = once(() => import('./server/server.ts'));
const asking = once(() => import('./compose/connection/ask-first.ts'));
const compose = once(() => import('./compose/compose.ts'));

/** The stack of an environment, as its registry entry states it; never as what happens to be installed. */
export async function openStack(environment: Environment, options: StackOptions): Promise<Stack> {
  if (environment.entry.stack === 'embedded') {
    return (await embedded()).openEmbeddedStack(environment, options);
  }
  if (environment.entry.stack === 'server') return (await server()).openServerStack(environment, options);
  const asked = await (await asking()).askFirst(environment, options);
  return (await compose()).openComposeStack(environment, options, asked);
}
