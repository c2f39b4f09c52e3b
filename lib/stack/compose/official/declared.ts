import { posix } from 'node:path';
import type { Obstacle } from '../../plan.ts';
import type { ConfiguredService } from '../config.ts';
import { initdbOptions, serverSettings } from './words.ts';

/** A variable of the official image: as itself, or as a file that the container has. */
export type Given = { readonly value: string } | { readonly file: string };

/** What an image brings along. */
export interface OfImage {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
}

/** What stands in the way of a server that is made as the service says. */
export interface Problem extends Obstacle {
  /** Only a first start meets it: a server that has its data already was made otherwise. */
  readonly firstStart: boolean;
}

/**
 * What a database service says of the server that it makes and of how that lets somebody in, by what the official image
 * documents: https://hub.docker.com/_/postgres
 */
export interface Declared {
  readonly user: Given;
  readonly name: Given;
  readonly password: Given;
  /** Undefined where a configuration file may say another one: then the server is asked for its socket's. */
  readonly port: number | undefined;
  /** How the application is let in over the network; undefined where the image or a file decides. */
  readonly method: string | undefined;
  readonly problems: readonly Problem[];
}

const VARIABLES = ['POSTGRES_PASSWORD', 'POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_INITDB_ARGS'];

/** Methods by which no record of pg_hba.conf for TCP can let somebody in: the server refuses the file. */
const OF_SOCKETS = ['peer'];
export const BY_PASSWORD = ['scram-sha-256', 'md5', 'password', 'trust'];

/** Images that start as the official one does, by their names: those that are made from it. */
const OFFICIAL = /^([^/]+\/)*(postgres|pgvector|postgis|timescaledb|pgvectorscale)(:|@|$)/;

/**
 * Pure.
 *
 * @param image undefined while the engine does not have it
 */
export function declaredBy(service: ConfiguredService, image: OfImage | undefined): Declared {
  const { environment = {}, command, entrypoint, volumes = [] } = service;
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
  // What another image does with these variables is not known.
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
        ? [
            ...VARIABLES.flatMap((name) => both(name, get)),
            ...initialising(initdb.options, user),
            ...allowing(method, given('POSTGRES_PASSWORD')),
            ...layoutOf18(
              get('PG_MAJOR'),
              get('PGDATA'),
              volumes.map(({ target }) => target),
            ),
          ]
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

/** A new entrypoint leaves the image's command out. https://docs.docker.com/reference/compose-file/services/#entrypoint */
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

const always = (reason: string, remedy: string): Problem => ({ reason, remedy, firstStart: false });
const atFirst = (reason: string, remedy: string): Problem => ({ reason, remedy, firstStart: true });

const both = (name: string, get: (name: string) => string): Problem[] =>
  get(name) !== '' && get(`${name}_FILE`) !== ''
    ? [
        always(
          `${name} and ${name}_FILE are both set, and the image takes one of them`,
          `leave one of them out`,
        ),
      ]
    : [];

function listening(started: ReadonlyMap<string, string>, made: ReadonlyMap<string, string>): Problem[] {
  const addresses = started.get('listen_addresses') ?? made.get('listen_addresses');
  return addresses?.trim() === ''
    ? [
        always(
          'listen_addresses is empty: the server listens on its socket only, and makesafe connects over TCP in its container',
          'write listen_addresses=localhost: nobody outside of the container is let in by that',
        ),
      ]
    : [];
}

/** Options of POSTGRES_INITDB_ARGS with which the image's first start fails, or waits for ever. */
function initialising(options: ReadonlyMap<string, string>, user: Given): Problem[] {
  const problems: Problem[] = [];
  const out = (option: string, why: string): number =>
    problems.push(atFirst(`POSTGRES_INITDB_ARGS has --${option}: ${why}`, `take --${option} out of it`));
  const username = options.get('username');
  if (username !== undefined && !('value' in user && user.value === username))
    out('username', 'the image goes on as POSTGRES_USER, and the server would not know that role');
  if (options.has('pgdata')) out('pgdata', 'the image looks for the data in PGDATA');
  if (options.has('pwprompt')) out('pwprompt', 'nobody is there to type a password');
  if (options.has('pwfile')) out('pwfile', 'the password is that of POSTGRES_PASSWORD');
  const encoding = options.get('encoding');
  const isUtf8 = encoding !== undefined && /^utf-?8$/i.test(encoding);
  const isC =
    /^(C|POSIX)$/.test(options.get('locale') ?? options.get('lc-ctype') ?? '') || options.has('no-locale');
  if ((encoding !== undefined && !isUtf8) || (encoding === undefined && isC)) {
    problems.push(
      atFirst(
        `POSTGRES_INITDB_ARGS makes databases in ${encoding ?? 'SQL_ASCII (by its locale C)'}, and makesafe restores only UTF-8`,
        'write --encoding=UTF8 in it',
      ),
    );
  }
  return problems;
}

function allowing(method: string | undefined, password: Given | undefined): Problem[] {
  if (method !== undefined && OF_SOCKETS.includes(method))
    return [
      atFirst(
        `POSTGRES_HOST_AUTH_METHOD=${method} is for sockets only, and the server does not start with it`,
        `write one of ${BY_PASSWORD.join(', ')}`,
      ),
    ];
  return password === undefined && method !== 'trust'
    ? [
        atFirst(
          'neither POSTGRES_PASSWORD nor POSTGRES_PASSWORD_FILE is set, and the image makes no database without',
          'set one of them, or POSTGRES_HOST_AUTH_METHOD=trust where anybody may get in',
        ),
      ]
    : [];
}

/** https://github.com/docker-library/postgres/pull/1259 */
function layoutOf18(major: string, pgdata: string, targets: readonly string[]): Problem[] {
  const own = `/var/lib/postgresql/${major}/docker`;
  const old = targets
    .map((target) => posix.normalize(target))
    .find((target) => target === '/var/lib/postgresql/data');
  return pgdata === own && old !== undefined
    ? [
        atFirst(
          `a volume is mounted at ${old}, and image ${major} has its data in ${own}: it does not start`,
          'mount the volume at /var/lib/postgresql',
        ),
      ]
    : [];
}
