import type { ConfiguredService } from '../config/config.ts';
import { listening, problemsOfImage, type Given, type Problem } from './problems.ts';
import { initdbOptions, serverSettings } from './words.ts';

/** The part of an image's configuration that we use. */
export interface OfImage {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
}

/**
 * What a database service declares about its server and the log-in, as the official image documents it.
 *
 * @see https://hub.docker.com/_/postgres
 */
export interface Declared {
  readonly user: Given;
  readonly name: Given;
  readonly password: Given;
  /** Undefined if a configuration file may set another one: then find-server.ts reads it from the server's socket. */
  readonly port: number | undefined;
  /** The authentication method over the network; undefined if the image or a file decides. */
  readonly method: string | undefined;
  readonly problems: readonly Problem[];
}

/** Names of images that are built from the official one, and start like it. */
const OFFICIAL = /^([^/]+\/)*(postgres|pgvector|postgis|timescaledb|pgvectorscale)(:|@|$)/;

/**
 * Reads what a service declares. Pure.
 *
 * @param image undefined while the engine does not have it
 */
export function declaredBy(service: ConfiguredService, image: OfImage | undefined): Declared {
  const { environment = {}, command, entrypoint } = service;
  const ofImage = image ?? {};
  const variables = variablesOf(environment, ofImage);
  const get = (name: string): string => variables.get(name) ?? '';
  const given = (name: string): Given | undefined => {
    const [value, file] = [get(name), get(`${name}_FILE`)];
    return value !== '' ? { value } : file !== '' ? { file } : undefined;
  };
  const user = given('POSTGRES_USER') ?? { value: 'postgres' };
  const settings = serverSettings(startOf(command, entrypoint, ofImage));
  const initdb = initdbOptions(get('POSTGRES_INITDB_ARGS'));
  const port = settings.get('port') ?? initdb.settings.get('port') ?? (get('PGPORT') || '5432');
  const method = get('POSTGRES_HOST_AUTH_METHOD') || undefined;
  const ofFile = settings.has('config_file') && !settings.has('port');
  // We do not know what other images do with these variables.
  const isOfficial =
    entrypoint === undefined || entrypoint === null
      ? (ofImage.Entrypoint?.some((word) => word.endsWith('docker-entrypoint.sh')) ??
        (image === undefined && OFFICIAL.test(service.image ?? '')))
      : [entrypoint].flat().some((word) => word.includes('docker-entrypoint.sh'));
  return {
    user,
    name: given('POSTGRES_DB') ?? user,
    password: given('POSTGRES_PASSWORD') ?? { value: '' },
    port: ofFile || !/^\d+$/.test(port) ? undefined : Number(port),
    method: settings.has('hba_file') ? undefined : method,
    problems: [
      ...listening(settings, initdb.settings),
      ...(isOfficial
        ? problemsOfImage({ service, get, given, user, settings, initdb: initdb.options, method })
        : []),
    ],
  };
}

function variablesOf(
  own: Readonly<Record<string, string | null>>,
  { Env }: OfImage,
): ReadonlyMap<string, string> {
  const ofImage = (Env ?? []).flatMap((line): [string, string][] => {
    const [, name, value] = line.match(/^([^=]+)=([^]*)$/) ?? [];
    return name === undefined ? [] : [[name, value!]];
  });
  return new Map([
    ...ofImage,
    ...Object.entries(own).map(([name, value]): [string, string] => [name, value ?? '']),
  ]);
}

/**
 * The words that start the server. If the service sets an entrypoint, compose ignores the image's command.
 *
 * @see https://docs.docker.com/reference/compose-file/services/#entrypoint
 */
function startOf(
  command: ConfiguredService['command'],
  entrypoint: ConfiguredService['entrypoint'],
  { Cmd, Entrypoint }: OfImage,
): string[] {
  const list = (words: string | readonly string[] | null | undefined): readonly string[] | undefined =>
    words === null || words === undefined ? undefined : [words].flat();
  const own = list(entrypoint);
  return [...(own ?? Entrypoint ?? []), ...(list(command) ?? (own ? [] : (Cmd ?? [])))];
}
