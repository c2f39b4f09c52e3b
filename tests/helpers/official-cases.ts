import type { Service } from './compose-files.ts';

/** A way in which the official image is told what to do, and what comes of it. */
export interface OfficialCase {
  /** What the database service has beside its image. */
  readonly db: Service;
  readonly image?: 'as 18';
  /** The compose file's other sections. */
  readonly sections?: object;
  /** Files that the service is given, by their paths below the compose file. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is in the way of a first start, by a part of what is said of it; all tasks work where there is none. */
  readonly refused?: string;
}

const PASSWORD = { POSTGRES_PASSWORD: 'p w%40@/$$x#"1\\n' };
const data = (target: string): object => ({ volumes: [`data:${target}`] });
const DATA = data('/var/lib/postgresql/data');
const of = (environment: object, more: object = {}): Service => ({
  ...DATA,
  ...more,
  environment: { ...PASSWORD, ...environment },
});
const FROM_FILE = { POSTGRES_PASSWORD_FILE: '/run/secrets/password' };
const SECRET = {
  db: { ...DATA, secrets: ['password'], environment: FROM_FILE },
  sections: { secrets: { password: { file: './password.txt' } } },
  files: { 'password.txt': 'of the file\n' },
};
const conf = (...lines: string[]): Pick<OfficialCase, 'files'> => ({
  files: { 'postgresql.conf': lines.join('\n') },
});
const WITH_CONF = { volumes: ['data:/var/lib/postgresql/data', './postgresql.conf:/etc/postgresql.conf:ro'] };
const started = (...command: string[]): OfficialCase => ({ db: of({}, { command }) });
const initdb = (POSTGRES_INITDB_ARGS: string, more = {}): Service => of({ POSTGRES_INITDB_ARGS, ...more });

/** A line for each variable and form that https://hub.docker.com/_/postgres documents, and what people write beside them. */
export const OFFICIAL_CASES: Readonly<Record<string, OfficialCase>> = {
  'POSTGRES_PASSWORD alone': { db: of({}) },
  'POSTGRES_USER, and the database of its name': { db: of({ POSTGRES_USER: 'shop user' }) },
  'POSTGRES_DB alone': { db: of({ POSTGRES_DB: 'shop-"db"' }) },
  'all three': { db: of({ POSTGRES_USER: 'app', POSTGRES_DB: 'core' }) },
  'POSTGRES_PASSWORD_FILE as a secret': SECRET,
  'POSTGRES_PASSWORD_FILE as a secret of another place': {
    ...SECRET,
    db: {
      ...DATA,
      secrets: [{ source: 'password', target: '/etc/pw' }],
      environment: { POSTGRES_PASSWORD_FILE: '/etc/pw' },
    },
  },
  'POSTGRES_PASSWORD_FILE as a mount': {
    db: {
      volumes: ['data:/var/lib/postgresql/data', './password.txt:/pw/password.txt:ro'],
      environment: { POSTGRES_PASSWORD_FILE: '/pw/password.txt' },
    },
    files: { 'password.txt': 'of the mount' },
  },
  'POSTGRES_PASSWORD_FILE, and a password for the socket too': {
    ...SECRET,
    db: { ...SECRET.db, environment: { ...FROM_FILE, POSTGRES_INITDB_ARGS: '--auth=scram-sha-256' } },
  },
  'POSTGRES_USER_FILE and POSTGRES_DB_FILE': {
    db: {
      ...DATA,
      secrets: ['user', 'name'],
      environment: {
        ...PASSWORD,
        POSTGRES_USER_FILE: '/run/secrets/user',
        POSTGRES_DB_FILE: '/run/secrets/name',
      },
    },
    sections: { secrets: { user: { file: './user.txt' }, name: { file: './name.txt' } } },
    files: { 'user.txt': 'filed\n', 'name.txt': 'filed_db\n\n' },
  },
  POSTGRES_INITDB_ARGS_FILE: {
    db: of({ POSTGRES_INITDB_ARGS_FILE: '/run/secrets/args' }, { secrets: ['args'] }),
    sections: { secrets: { args: { file: './args.txt' } } },
    files: { 'args.txt': '--auth-host=scram-sha-256 --data-checksums' },
  },
  'POSTGRES_HOST_AUTH_METHOD=trust': {
    db: { ...DATA, environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' } },
  },
  'POSTGRES_HOST_AUTH_METHOD=md5': { db: of({ POSTGRES_HOST_AUTH_METHOD: 'md5' }) },
  'POSTGRES_HOST_AUTH_METHOD=password': { db: of({ POSTGRES_HOST_AUTH_METHOD: 'password' }) },
  'POSTGRES_HOST_AUTH_METHOD=scram-sha-256': { db: of({ POSTGRES_HOST_AUTH_METHOD: 'scram-sha-256' }) },
  'POSTGRES_INITDB_WALDIR in a volume': {
    db: of({ POSTGRES_INITDB_WALDIR: '/wal' }, { volumes: ['data:/var/lib/postgresql/data', 'wal:/wal'] }),
    sections: { volumes: { data: {}, wal: {} } },
  },
  'PGDATA in a folder of the mount': { db: of({ PGDATA: '/var/lib/postgresql/data/pgdata' }) },
  'PGDATA elsewhere': { db: of({ PGDATA: '/srv/pg' }, data('/srv')) },
  'the volume of 18': { image: 'as 18', db: of({}, data('/var/lib/postgresql')) },
  PGPORT: { db: of({ PGPORT: '5433' }) },
  '--auth=md5': { db: initdb('--auth=md5') },
  '--auth=scram-sha-256': { db: initdb('-A scram-sha-256') },
  '--auth-host=reject on loopback': { db: initdb('--auth-host=reject') },
  '--auth-local=peer': { db: initdb('--auth-local=trust --auth-host=ident') },
  '--username of POSTGRES_USER': { db: initdb('--username=app', { POSTGRES_USER: 'app' }) },
  '--locale-provider=icu': { db: initdb("--locale-provider=icu --icu-locale='en-US'") },
  '--encoding and --lc-collate': { db: initdb('--encoding=UTF-8 --lc-collate=C --lc-ctype=C') },
  '--set port': { db: initdb('--set port=5434 -c max_connections=50') },
  'command: -p': started('-p', '5433'),
  'command: as text': { db: of({}, { command: 'postgres -c port=5433 -c "log_line_prefix=%t "' }) },
  'command: --port': started('postgres', '--port=5433'),
  'command: -h localhost': started('-h', 'localhost'),
  'command: listen_addresses of one name': {
    db: of({}, { hostname: 'the-db', command: ['-c', 'listen_addresses=the-db', '-c', 'port=6000'] }),
  },
  'command: unix_socket_directories': started('-c', 'unix_socket_directories=/var/run/postgresql, /tmp'),
  'command: no socket': {
    db: { ...of({}), command: ['sh', '-c', 'docker-entrypoint.sh postgres & wait'] },
  },
  'command: config_file': {
    db: of({}, { ...WITH_CONF, command: ['-c', 'config_file=/etc/postgresql.conf'] }),
    ...conf("listen_addresses = '*'", 'port = 5439', "data_directory = '/var/lib/postgresql/data'"),
  },
  'command: hba_file': {
    db: of(
      {},
      {
        volumes: ['data:/var/lib/postgresql/data', './pg_hba.conf:/etc/pg_hba.conf:ro'],
        command: ['postgres', '-c', 'hba_file=/etc/pg_hba.conf'],
      },
    ),
    files: { 'pg_hba.conf': 'local all all trust\nhost all all all scram-sha-256\n' },
  },
  'user: a number, and PGDATA below the mount': {
    db: of({ PGDATA: '/var/lib/postgresql/data/pgdata' }, { user: '1000:1000' }),
  },
  'user: by its name': { db: of({}, { user: 'postgres' }) },
  'entrypoint: in a shell': {
    db: of({}, { entrypoint: ['sh', '-c', 'exec docker-entrypoint.sh postgres -p 5433'] }),
  },
  'variables of libpq for the service': {
    db: of({
      PGHOST: 'elsewhere',
      PGHOSTADDR: '192.0.2.1',
      PGUSER: 'postgres',
      PGSSLMODE: 'verify-full',
      PGDATABASE: 'none',
    }),
  },
  'scripts of the first start': {
    db: of({}, { volumes: ['data:/var/lib/postgresql/data', './initdb.d:/docker-entrypoint-initdb.d:ro'] }),
    files: {
      'initdb.d/1-role.sql': 'CREATE ROLE from_sql;',
      'initdb.d/2-more.sh':
        'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "CREATE ROLE from_sh"',
    },
  },

  'no password': { db: { ...DATA }, refused: 'neither POSTGRES_PASSWORD nor POSTGRES_PASSWORD_FILE is set' },
  'POSTGRES_PASSWORD and its file': {
    ...SECRET,
    db: { ...SECRET.db, environment: { ...PASSWORD, ...FROM_FILE } },
    refused: 'POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set',
  },
  'POSTGRES_HOST_AUTH_METHOD=peer': {
    db: of({ POSTGRES_HOST_AUTH_METHOD: 'peer' }),
    refused: 'POSTGRES_HOST_AUTH_METHOD=peer is for sockets only',
  },
  'a socket elsewhere': {
    ...started('-c', 'unix_socket_directories=/tmp'),
    refused: 'unix_socket_directories is /tmp',
  },
  'user: a number': { db: of({}, { user: '1000:1000' }), refused: 'user is 1000, and a new volume' },
  'no TCP at all': { ...started('-c', 'listen_addresses='), refused: 'listen_addresses is empty' },
  '--username of somebody else': { db: initdb('-U other'), refused: 'POSTGRES_INITDB_ARGS has --username' },
  '--pgdata': { db: initdb('-D /elsewhere'), refused: 'POSTGRES_INITDB_ARGS has --pgdata' },
  '--pwprompt': { db: initdb('-W'), refused: 'POSTGRES_INITDB_ARGS has --pwprompt' },
  '--pwfile': { db: initdb('--pwfile=/x'), refused: 'POSTGRES_INITDB_ARGS has --pwfile' },
  '--encoding=LATIN1': { db: initdb('--encoding LATIN1'), refused: 'makes databases in LATIN1' },
  '--locale=C': { db: initdb('--locale=C'), refused: 'makes databases in SQL_ASCII' },
  'the old volume with 18': {
    image: 'as 18',
    db: of({}),
    refused: 'mount the volume at /var/lib/postgresql',
  },
};
