import { posix } from 'node:path';
import type { Obstacle } from '../../plan.ts';
import type { ConfiguredService } from '../config/config.ts';

/** A variable of the official image: its value, or the path of a file in the container (`…_FILE`). */
export type Given = { readonly value: string } | { readonly file: string };

/** A reason why the service's server does not start. */
export interface Problem extends Obstacle {
  /** It concerns the first start only: a server that has data already is not affected. */
  readonly firstStart: boolean;
}

/** Methods that are not allowed for TCP in pg_hba.conf: the server refuses the file. */
const OF_SOCKETS = ['peer'];
export const BY_PASSWORD = ['scram-sha-256', 'md5', 'password', 'trust'];

const VARIABLES = ['POSTGRES_PASSWORD', 'POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_INITDB_ARGS'];

/** What a service sets for the image. */
interface Said {
  readonly service: ConfiguredService;
  /** A variable of the service or the image; empty if it is not set. */
  readonly get: (name: string) => string;
  readonly given: (name: string) => Given | undefined;
  readonly user: Given;
  /** The server's settings on its command line. */
  readonly settings: ReadonlyMap<string, string>;
  /** The options in POSTGRES_INITDB_ARGS, by their long names. */
  readonly initdb: ReadonlyMap<string, string>;
  readonly method: string | undefined;
}

/** Finds what prevents the official image from starting a server. Pure. */
export function problemsOfImage({ service, get, given, user, settings, initdb, method }: Said): Problem[] {
  const targets = (service.volumes ?? []).map(({ target }) => target);
  return [
    ...VARIABLES.flatMap((name) => both(name, get)),
    ...initialising(initdb, user),
    ...allowing(method, given('POSTGRES_PASSWORD')),
    ...socketElsewhere(settings),
    ...otherUser(service, get('PGDATA') || '/var/lib/postgresql/data'),
    ...layoutOf18(get('PG_MAJOR'), get('PGDATA'), targets),
  ];
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

export function listening(
  started: ReadonlyMap<string, string>,
  made: ReadonlyMap<string, string>,
): Problem[] {
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

/** Options of POSTGRES_INITDB_ARGS by which the first start fails or waits forever, or makes no UTF-8 database. */
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

const SOCKETS = '/var/run/postgresql';

/** The image's first start creates database and role over the Unix socket, at psql's default place. */
function socketElsewhere(settings: ReadonlyMap<string, string>): Problem[] {
  const said = settings.get('unix_socket_directories');
  const folders = (said ?? SOCKETS).split(',').map((folder) => posix.normalize(folder.trim()));
  return folders.includes(SOCKETS)
    ? []
    : [
        atFirst(
          `unix_socket_directories is ${said === '' ? 'empty' : said}, and the image's first start connects over the socket in ${SOCKETS}`,
          `write unix_socket_directories=${[SOCKETS, ...(said ?? '').split(',')].filter(Boolean).join(',')}`,
        ),
      ];
}

/** root, and the image's own user: 999 in images from Debian, 70 in images from Alpine. */
const OWNERS = ['root', 'postgres', '0', '999', '70'];

/**
 * A new volume belongs to the image's own user. Any other user may not change the folder's mode, so initdb fails.
 *
 * @see https://github.com/docker-library/postgres/issues/1270
 */
function otherUser({ user, volumes = [] }: ConfiguredService, pgdata: string): Problem[] {
  const own = String(user ?? 'root').split(':')[0]!;
  const at = posix.normalize(pgdata);
  const inVolume = volumes.some(
    ({ type, target }) => type === 'volume' && posix.normalize(target).replace(/\/$/, '') === at,
  );
  return OWNERS.includes(own) || !inVolume
    ? []
    : [
        atFirst(
          `user is ${own}, and a new volume at ${at} belongs to the image's own user: initdb fails`,
          `set PGDATA to a folder in the volume: PGDATA: ${at}/pgdata`,
        ),
      ];
}

/**
 * Images from 18 on do not start with a volume at the old path: https://github.com/docker-library/postgres/pull/1259
 */
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
