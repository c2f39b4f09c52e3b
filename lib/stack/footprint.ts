import { peekEnvironment } from '../environment/resolve.ts';
import type { Registry } from '../environment/registry.ts';
import { ConfigurationError, messageOf } from '../errors.ts';
import { once } from '../system/memoise.ts';
import { hideSecrets, namesOfEnvironment } from '../environment/readable-names.ts';
import type { Redactor } from '../output/redact.ts';

/** Something that an environment claims for itself, and where that is written: `docker/docker-compose.stg.yml:14`. */
export interface Claim {
  readonly value: string;
  readonly at: string;
}

/** A name or a port that the second stack on an engine would not get. */
export interface Exclusive extends Claim {
  readonly what: 'container name' | 'port' | 'network';
  /** Of a port: the address of the engine's host; empty for all of them. */
  readonly address?: string;
}

/** What an environment's configuration claims, whether or not its stack runs. */
export interface Footprint {
  readonly environment: string;
  readonly protected: boolean;
  /** Environments of different engines share nothing. Empty for this machine's usual one, and for none. */
  readonly engine: string;
  /** The host that its engine is pinned to, where it is: another host's engine has nothing of it. */
  readonly host?: string;
  readonly projects: readonly Claim[];
  /** Volumes that `down -v` would remove, and what holds the database's data. */
  readonly volumes: readonly Claim[];
  /** Volumes that it uses and that others make and remove. */
  readonly external: readonly Claim[];
  /** Folders that hold the database's data. */
  readonly folders: readonly Claim[];
  /** `host:port` of the database, with `/database` where a server may have several. */
  readonly addresses: readonly Claim[];
  /** What only one stack of an engine can have at a time; none for a stack without containers. */
  readonly exclusive?: readonly Exclusive[];
  /** Why the configuration could not be read here. */
  readonly unread?: string;
}

const FOOTPRINTS = {
  compose: once(() => import('./compose/start/footprint.ts')),
  embedded: once(() => import('./embedded/footprint.ts')),
  server: once(() => import('./server/footprint.ts')),
};

/**
 * The footprints of all environments of the registry. What cannot be read here says so.
 *
 * @param own the environment to work on, whose database service may be another one this time
 * @param redactor is given the secrets of all of them, because a message may quote an env file
 */
export function readFootprints(
  root: string,
  registry: Registry,
  own: { readonly name: string; readonly databaseService: string | undefined },
  redactor: Redactor,
): Promise<Footprint[]> {
  return Promise.all(
    Object.keys(registry.environments).map(async (name) => {
      const environment = peekEnvironment(root, registry, name);
      const { entry, warnings } = environment;
      redactor.show(namesOfEnvironment(environment));
      hideSecrets(redactor, environment);
      const common = {
        environment: name,
        protected: entry.protected,
        engine: '',
        ...(entry.engine?.host === undefined ? {} : { host: entry.engine.host }),
        ...{ projects: [], volumes: [], external: [], folders: [], addresses: [] },
      };
      try {
        if (warnings.length > 0) throw new ConfigurationError(warnings.join('; '));
        const { footprint } = await FOOTPRINTS[entry.stack]();
        const typed = name === own.name ? own.databaseService : undefined;
        const service = typed ?? environment.names.databaseService;
        return { ...common, ...(await footprint(environment, service)) };
      } catch (error) {
        return { ...common, unread: messageOf(error) };
      }
    }),
  );
}
