import type { Environment } from '../../../environment/resolve.ts';
import { ConfigurationError } from '../../../errors.ts';
import { composeFile, type ComposeConfig, type ConfiguredService } from '../config/config.ts';
import { findContainer } from '../containers/containers.ts';
import type { Engine } from '../engine/engine.ts';
import { declaredBy, type Declared, type OfImage } from '../official/declared.ts';
import type { Given } from '../official/problems.ts';
import { readFileIn } from '../official/file-in.ts';
import { imageOf } from '../survival/survey.ts';

/** How to log in to the database, and where its server listens. */
export interface DatabaseSettings {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** The server's port in its container; undefined if the configuration does not tell. */
  readonly port?: number | undefined;
  /** The command that creates the database, shown if it does not exist. */
  readonly make?: string;
}

/**
 * The database service of the configuration.
 *
 * @throws ConfigurationError when it is missing
 */
function serviceOf(config: ComposeConfig, service: string, environment: Environment): ConfiguredService {
  const found = Object.hasOwn(config.services, service) ? config.services[service] : undefined;
  if (found) return found;
  throw new ConfigurationError(`${composeFile(environment)} has no service ${service}`, {
    hint: `databaseService in env/environments.ts or PG_SERVICE=<service> names it; there are: ${Object.keys(config.services).join(', ')}`,
  });
}

/**
 * @throws ConfigurationError when compose read another value in an env file than makesafe: then the application and the
 *   database may have different passwords
 */
function refuseOtherReading({ environment: given = {} }: ConfiguredService, environment: Environment): void {
  const different = ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD'].flatMap((name) => {
    const variable = environment.variables.get(name);
    if (!variable || variable.plain || variable.value === (given[name] ?? '')) return [];
    return [`${variable.place}: compose reads the value of ${name} in another way than makesafe`];
  });
  if (different.length > 0) {
    throw new ConfigurationError(different.join('\n'), {
      hint: 'put the value in single quotes: then $, # and backslashes are taken as they stand',
    });
  }
}

/** What reading the log-in needs. */
interface About {
  readonly environment: Environment;
  readonly engine: Engine;
  readonly config: ComposeConfig;
}

/** What the database service declares, together with its image's variables and command, if the engine has the image. */
export async function readDeclared(
  { environment, engine, config }: About,
  service: string,
): Promise<Declared> {
  const configured = serviceOf(config, service, environment);
  const reference = imageOf(configured, service, environment.project);
  const image = await engine.ask<{ Config: OfImage | null }>(`/images/${reference}/json`);
  return declaredBy(configured, image?.Config ?? undefined);
}

/** If the configuration sets all of these, the image's variables do not matter. */
const OWN = ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD'];
const hasAll = ({ environment = {} }: ConfiguredService): boolean => OWN.every((name) => environment[name]);

/**
 * Reads name, user and password of the database, with which the server was initialised: from the configuration, else
 * from the image, and from the files that they name (`POSTGRES_PASSWORD_FILE`).
 *
 * @throws ConfigurationError when the service is missing, or a file cannot be read
 */
export async function readLogin(about: About, service: string): Promise<DatabaseSettings> {
  const { environment, engine, config } = about;
  const configured = serviceOf(config, service, environment);
  refuseOtherReading(configured, environment);
  const byItself = declaredBy(configured, undefined);
  // Without an engine, use the configuration alone. Code that needs the engine reports that it does not answer.
  const declared = hasAll(configured) ? byItself : await readDeclared(about, service).catch(() => byItself);
  const { user, name, password, port } = declared;
  const container = [user, name, password].some((given) => 'file' in given)
    ? (await findContainer(engine.ask, environment.project, service).catch(() => undefined))?.Id
    : undefined;
  const settle = async (variable: string, given: Given): Promise<string> => {
    if ('value' in given) return given.value;
    const text = await readFileIn(about, service, given.file, container);
    if (text !== undefined) return text;
    throw new ConfigurationError(
      `${composeFile(environment)}: ${variable}_FILE=${given.file} of service ${service} cannot be read`,
      { hint: `make the file that is mounted there, then type: make check ENV=${environment.name}` },
    );
  };
  const [settledUser, settledName, settledPassword] = await Promise.all([
    settle('POSTGRES_USER', user),
    settle('POSTGRES_DB', name),
    settle('POSTGRES_PASSWORD', password),
  ]);
  const make = `make up ENV=${environment.name}`;
  return { user: settledUser, name: settledName, password: settledPassword, port, make };
}
