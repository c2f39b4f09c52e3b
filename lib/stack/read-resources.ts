import { peekEnvironment } from '../environment/resolve.ts';
import type { Registry } from '../environment/entry.ts';
import { ConfigurationError, messageOf } from '../errors.ts';
import { hideSecrets, namesOfEnvironment } from '../environment/readable-names.ts';
import type { Redactor } from '../output/redact.ts';
import type { Resources } from './resources.ts';
import { KINDS } from './kinds.ts';

/**
 * The resources of all environments in the registry. If a configuration cannot be read here, `unread` tells why.
 *
 * @param own the environment of this run; the command line may have set another database service for it
 * @param redactor learns the secrets of all environments, because a message may quote an env file
 */
export function readResources(
  root: string,
  registry: Registry,
  own: { readonly name: string; readonly databaseService: string | undefined },
  redactor: Redactor,
): Promise<Resources[]> {
  return Promise.all(
    Object.keys(registry.environments).map(async (name) => {
      const environment = peekEnvironment(root, registry, name);
      const { entry, warnings } = environment;
      redactor.show(namesOfEnvironment(environment));
      hideSecrets(redactor, environment);
      const common = {
        environment: name,
        protected: Boolean(entry.protected),
        engine: '',
        ...(entry.engine?.host === undefined ? {} : { host: entry.engine.host }),
        ...{ projects: [], volumes: [], external: [], folders: [], addresses: [] },
      };
      try {
        if (warnings.length > 0) throw new ConfigurationError(warnings.join('; '));
        const typed = name === own.name ? own.databaseService : undefined;
        const service = typed ?? environment.names.databaseService;
        return { ...common, ...(await KINDS[entry.stack].resources(environment, service)) };
      } catch (error) {
        return { ...common, unread: messageOf(error) };
      }
    }),
  );
}
