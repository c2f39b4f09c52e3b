import type { Checkout } from '../environment/checkout.ts';
import type { EnvironmentEntry, Registry } from '../environment/entry.ts';
import type { Environment } from '../environment/resolve.ts';
import type { Resources } from './resources.ts';
import type { Stack, StackOptions } from './stack.ts';

/** What a kind of stack has to provide. Its code is loaded only when an environment of that kind needs it. */
interface Kind {
  /** The stack of an environment. @throws ConfigurationError naming what is wrong with its files */
  readonly open: (environment: Environment, options: StackOptions) => Promise<Stack>;
  /** The resources it uses that another environment may use too, as far as its files tell. */
  readonly resources: (environment: Environment, databaseService: string) => Promise<Partial<Resources>>;
  /** For a kind whose names and ports several checkouts of a repository share: gives this checkout its own. */
  readonly settle?: (root: string, registry: Registry, name: string, dryRun: boolean) => Promise<Checkout>;
}

/**
 * Each kind, by its word in the registry. `environment/check-registry.ts` checks how the entries of all kinds are
 * written.
 */
export const KINDS: Readonly<Record<EnvironmentEntry['stack'], Kind>> = {
  compose: {
    async open(environment, options) {
      // Compose reads the files while the code of the stack loads.
      const config = (await import('./compose/config/config.ts')).readComposeConfig(environment);
      config.catch(() => {});
      return (await import('./compose/compose.ts')).openComposeStack(environment, options, config);
    },
    resources: async (...given) => (await import('./compose/start/resources.ts')).resources(...given),
    settle: async (...given) => (await import('./compose/checkout/settle.ts')).settle(...given),
  },
  embedded: {
    open: async (...given) => (await import('./embedded/embedded.ts')).openEmbeddedStack(...given),
    resources: async (environment) => (await import('./embedded/resources.ts')).resources(environment),
  },
  server: {
    open: async (...given) => (await import('./server/server.ts')).openServerStack(...given),
    resources: async (environment) => (await import('./server/resources.ts')).resources(environment),
  },
};

/** The stack of an environment. Only the registry entry decides its kind, never what happens to be installed. */
export const openStack = (environment: Environment, options: StackOptions): Promise<Stack> =>
  KINDS[environment.entry.stack].open(environment, options);
