import { posix } from 'node:path';
import type { Client } from 'pg';
import type { Environment } from '../../environment/resolve.ts';
import { ConfigurationError } from '../../errors.ts';
import { NAME_PYTHON, pythonIn } from '../../migrations/find-python.ts';
import { runAlembic, showing } from '../../migrations/run-alembic.ts';
import type { Terminal } from '../../terminal.ts';
import type { Stack } from '../stack.ts';
import { composeFile, type ComposeConfig } from './config.ts';
import type { Engine } from './engine.ts';
import { runIn } from './exec.ts';

interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
  readonly terminal: Terminal;
}

/**
 * The application's migrations, in the container of its service.
 *
 * @param containerOf the running container of a service
 * @param withClient a client of our own on the environment's database
 */
export function migrating(
  { environment, engine, config, terminal }: About,
  containerOf: (service: string) => Promise<string>,
  withClient: <T>(work: (client: Client) => Promise<T>) => Promise<T>,
): Pick<Stack, 'alembic' | 'isBuiltIn'> {
  const { service, folder, alembicIni, python } = environment.names.application;
  const inFolder = folder === undefined ? {} : { folder };

  return {
    isBuiltIn(file) {
      const mounts = config.services[service]?.volumes ?? [];
      return (
        file !== undefined && mounts.every(({ target }) => posix.relative(target, file).startsWith('..'))
      );
    },

    async alembic(args, { ini = alembicIni, quiet = false, ...how } = {}) {
      if (!Object.hasOwn(config.services, service)) {
        throw new ConfigurationError(`${composeFile(environment)} has no service ${service}`, {
          hint: `application.service in env/environments.ts names it; there are: ${Object.keys(config.services).join(', ')}`,
        });
      }
      const id = await containerOf(service);
      return runAlembic(
        {
          environment: environment.name,
          settings: `the variables of service ${service} (${composeFile(environment)} and the env files), and its networks: where another stack is on the same one, a host name may be either's`,
          nameThePython: NAME_PYTHON,
          ask: withClient,
          python: () =>
            python === undefined
              ? pythonIn(service, (words) => runIn(engine, id, words, inFolder))
              : Promise.resolve({ words: [python], script: undefined }),
          start: (words, instead, own) =>
            runIn(engine, id, [...(instead ? [...instead.words, '-'] : ['alembic']), '-c', ini, ...words], {
              ...inFolder,
              ...(instead ? { input: instead.input } : {}),
              ...(quiet ? {} : { onLine: showing(terminal, own) }),
            }),
        },
        args,
        how,
      );
    },
  };
}
