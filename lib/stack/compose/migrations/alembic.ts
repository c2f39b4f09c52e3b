import { posix } from 'node:path';
import { ConfigurationError } from '../../../errors.ts';
import { NAME_PYTHON, pythonIn } from '../../alembic/find-python.ts';
import {
  readsFilesOnly,
  readsOnly,
  runAlembic,
  showing,
  type AlembicResult,
  type Place,
} from '../../alembic/run-alembic.ts';
import type { Stack } from '../../stack.ts';
import { composeFile } from '../config/config.ts';
import type { Container } from '../containers/container.ts';
import { runIn } from '../engine/exec.ts';
import { refuseBehindProfile } from '../config/profiles.ts';
import { readUpToDate } from '../start/up-to-date.ts';
import { migrationContainers, type About } from './migration-container.ts';

/**
 * Makes the methods of `Stack` that migrate in a container of the application's service. They create a container for
 * it, because the running one may end half-way, may have older files, or may not exist. Commands that only read may use
 * the running one, if it is as the files say.
 *
 * @param requireDatabase throws if the database's service does not run
 * @param ask asks on a session of makesafe; default: the environment's database
 */
export function migrating(
  about: About,
  requireDatabase: () => Promise<unknown>,
  ask: Place['ask'],
): Pick<Stack, 'alembic' | 'isBuiltIn'> {
  const { environment, engine, config, terminal } = about;
  const { service, folder, alembicIni, python } = environment.names.application;
  const how = { ...(folder === undefined ? {} : { folder }), env: { PYTHONDONTWRITEBYTECODE: '1' } };
  const within = migrationContainers(about, service, python);

  /** A container of the service that runs as the files say, and that the engine has not restarted. */
  async function running(): Promise<string | undefined> {
    const services = { [service]: config.services[service]! };
    const [id] = (await readUpToDate({ environment, engine, config: { ...config, services } })) ?? [];
    const container = id === undefined ? undefined : await engine.ask<Container>(`/containers/${id}/json`);
    return container?.RestartCount === 0 ? id : undefined;
  }

  return {
    isBuiltIn(file) {
      const mounts = config.services[service]?.volumes ?? [];
      return (
        file !== undefined && mounts.every(({ target }) => posix.relative(target, file).startsWith('..'))
      );
    },

    async alembic(args, { ini = alembicIni, quiet = false, ...options } = {}) {
      await refuseBehindProfile(service, config, environment);
      if (!Object.hasOwn(config.services, service)) {
        throw new ConfigurationError(`${composeFile(environment)} has no service ${service}`, {
          hint: `application.service in env/environments.ts names it; there are: ${Object.keys(config.services).join(', ')}`,
        });
      }
      const runThere = (id: string): Promise<AlembicResult> =>
        runAlembic(
          {
            environment: environment.name,
            settings: `the variables of service ${service} (${composeFile(environment)} and the env files), and its networks: where another stack is on the same one, a host name may be either's`,
            nameThePython: NAME_PYTHON,
            ask,
            python: () =>
              python === undefined
                ? pythonIn(service, (words) => runIn(engine, id, words, how))
                : Promise.resolve({ words: [python], script: undefined }),
            start: (words, instead, own) =>
              runIn(engine, id, [...(instead ? [...instead.words, '-'] : ['alembic']), '-c', ini, ...words], {
                ...how,
                ...(instead ? { input: instead.input } : {}),
                ...(quiet ? {} : { onLine: showing(terminal, own) }),
              }),
          },
          args,
          options,
        );
      // alembic can create a revision's file while the database is down.
      if (!readsFilesOnly(args) && args[0] !== 'revision') await requireDatabase();
      const id = readsOnly(args, options) ? await running() : undefined;
      if (id !== undefined) return runThere(id);
      return within(!readsFilesOnly(args), runThere);
    },
  };
}
