import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ran, Running } from '../helpers/processes.ts';
import {
  FILL,
  filesOf,
  inCountdown,
  putBack,
  setStage,
  snapshot,
  verdict,
  type Snapshot,
  type Stage,
} from '../helpers/stage.ts';

/** One way to make the action meet something else than the screen showed. */
export interface Row {
  readonly way: string;
  /** As typed. With `meanwhile` a countdown of a second is added, else there is none. */
  readonly words: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Makes what the command finds. */
  readonly arrange?: (stage: Stage) => unknown;
  /** What somebody does in the countdown. */
  readonly meanwhile?: (stage: Stage) => unknown;
  /** Instead of simply typing the words; calls `ready` when the last of what it changes itself is changed. */
  readonly act?: (stage: Stage, words: readonly string[], ready: () => Promise<void>) => Promise<Ran>;
  /** Where it is refused: what it says then. Nothing at all has changed after that. */
  readonly refused?: RegExp;
  /** Where it may be done on what was shown: whether that is so. Without, it has to be refused. */
  readonly done?: (stage: Stage, ran: Ran) => unknown;
  /** What is looked at besides, whatever came of it. */
  readonly also?: (stage: Stage, ran: Ran) => unknown;
  /** Takes back what is neither a file of the project nor in a database. */
  readonly undo?: (stage: Stage) => unknown;
}

/** Milliseconds for starting and ending the servers: a busy machine is no failure. */
const LONG = 300_000;

/**
 * Each row: a look at everything that is outside, the command, another look. What was refused has changed nothing; what
 * was done, only what the screen showed; `[ok]` stands nowhere but behind what is true.
 */
export function otherThanShown(prepare: () => Promise<Stage>, rows: readonly Row[]): void {
  let stage: Stage;
  let files: ReturnType<typeof filesOf>;
  let base: Snapshot;
  beforeAll(async () => {
    stage = await prepare();
    await setStage(stage);
    files = filesOf(stage.scratch);
    base = await snapshot(stage);
  }, LONG);
  afterAll(() => stage.scratch.dispose(), LONG);

  test('there are forty ways at least, and no two of the same name', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(new Set(rows.map(({ way }) => way)).size).toBe(rows.length);
  });

  describe('the action meets something else', () => {
    test.each(rows.map((row) => [row.way, row] as const))('%s', async (_way, row) => {
      try {
        await tryRow(stage, row);
      } finally {
        await row.undo?.(stage);
        putBack(stage.scratch, files);
        forget(stage);
        const now = await snapshot(stage);
        if (JSON.stringify(now) !== JSON.stringify(base)) {
          await setStage(stage);
          base = await snapshot(stage);
        }
      }
    });
  });
}

async function tryRow(stage: Stage, row: Row): Promise<void> {
  await row.arrange?.(stage);
  let before = await snapshot(stage);
  const ready = async (): Promise<void> => void (before = await snapshot(stage, row.act !== undefined));
  const ran = await act(stage, row, ready);
  const after = await snapshot(stage);
  const said = `status ${ran.status}\n${ran.stdout}${ran.stderr}`;
  expect(after.outside, said).toEqual(before.outside);
  if (ran.status !== 0 || !/^db-reset-volume-env ENV=shop_stg/.test(String(row.words)))
    expect(after.beside, said).toEqual(before.beside);
  await row.also?.(stage, ran);
  if (ran.status === 0) {
    expect(row.done, `was done, and not refused: ${said}`).toBeDefined();
    await row.done?.(stage, ran);
    return;
  }
  expect(ran.status, said).toBeLessThan(128);
  expect(said).not.toMatch(/^\[ok\] shop_/m);
  expect(said).not.toMatch(/^(Reference|Type)Error|^\s+at .*\.ts:\d+/m);
  expect(said).toMatch(row.refused ?? /refused/);
  expect(after.target, said).toEqual(before.target);
}

async function act(stage: Stage, row: Row, ready: () => Promise<void>): Promise<Ran> {
  const words = typeof row.words === 'string' ? row.words.split(' ') : row.words;
  if (row.act) return row.act(stage, words, ready);
  const { meanwhile } = row;
  if (meanwhile) {
    return inCountdown(stage, words, async () => {
      await meanwhile(stage);
      await ready();
    });
  }
  return verdict(
    stage.scratch.startTask([...words, ...(takesWait(words) ? ['WAIT=0'] : [])], { env: row.env ?? {} }),
  );
}

const takesWait = ([task]: readonly string[]): boolean =>
  /^(db-reset|db-rebuild|restore|al-(down|stamp)-env)/.test(task!);

/** What runs leave beside the project's own files. */
function forget({ scratch }: Stage): void {
  for (const name of ['journal', 'backups', 'row.sql', 'out'])
    rmSync(scratch.path(name), { recursive: true, force: true });
}

const RESET = 'db-reset-db-env ENV=shop_stg';

/** The database is new, empty and this environment's: what a reset says that it is. */
const isReset = async ({ stg }: Stage): Promise<void> => {
  expect(await stg.sql(`SELECT to_regclass('public.kept') IS NULL`)).toBe('t');
  expect(
    await stg.sql(`SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'core'`),
  ).toBe('makesafe.environment=shop_stg');
};

/** Changes a file of the project. */
const edit =
  (file: string, change: (text: string) => string) =>
  ({ scratch }: Stage): void => {
    const text = scratch.read(file);
    const changed = change(text);
    if (changed === text) throw new Error(`${file} is what it was`);
    scratch.write(file, changed);
  };
const REGISTRY = 'env/environments.ts';
/** Lines that are put into the registry entry of an environment. */
const entry = (name: string, lines: string): ((stage: Stage) => void) =>
  edit(REGISTRY, (text) => text.replace(`"${name}": {`, `"${name}": { ${lines},`));

const NAMES: readonly Row[] = [
  {
    way: 'an alias that is a text matches parts of it',
    arrange: entry('shop_prod', '"aliases": "shop_production"'),
    words: 'db-reset-db-env ENV=pro FORCE=1 BACKUP=skip',
    refused: /environments\.ts|not an environment/,
  },
  {
    way: 'an empty ENV, and an alias that is a text',
    arrange: entry('shop_prod', '"aliases": "shop_production"'),
    words: 'db-reset-db-env ENV= FORCE=1 BACKUP=skip',
    refused: /environments\.ts|ENV/,
  },
  {
    way: 'an alias that is the name of another environment',
    arrange: entry('shop_prod', '"aliases": ["shop_stg"]'),
    words: RESET,
    refused: /environments\.ts.*\n.*shop_prod/,
  },
  {
    way: 'one alias of two environments',
    arrange: (stage) => {
      entry('shop_prod', '"aliases": ["shop"]')(stage);
      entry('shop_stg', '"aliases": ["shop"]')(stage);
    },
    words: 'db-reset-db-env ENV=shop FORCE=1 BACKUP=skip',
    refused: /environments\.ts.*\n.*shop/,
  },
  {
    way: 'a registry entry that is null',
    arrange: edit(REGISTRY, (text) => text.replace('"environments": {', '"environments": { "gone": null,')),
    words: RESET,
    refused: /environments\.ts|gone/,
  },
  {
    way: 'a registry that ends the process with status 0',
    arrange: edit(REGISTRY, (text) => `process.exit(0);\n${text}`),
    words: RESET,
    refused: /environments\.ts/,
  },
  {
    way: 'a name in full-width letters',
    words: 'db-reset-db-env ENV=ｓｈｏｐ＿ｓｔｇ',
    refused: /not an environment/,
  },
  { way: 'ENV typed twice', words: `${RESET} ENV=shop_prod`, refused: /ENV/ },
  { way: 'ENV only exported', words: 'db-reset-db-env', env: { ENV: 'shop_stg' }, refused: /exported/ },
  {
    way: 'FORCE only exported',
    words: 'db-reset-db-env ENV=shop_prod',
    env: { FORCE: '1' },
    refused: /BLOCKED/,
  },
  ...Object.entries({
    DATABASE_URL: 'postgresql://app:simple@127.0.0.1/core',
    PGOPTIONS: '-c search_path=public',
    PGSERVICE: 'prod',
  }).map(([name, value]): Row => ({
    way: `${name} exported`,
    words: RESET,
    env: { [name]: value },
    refused: new RegExp(`${name}.* exported`),
  })),
];

const ENV_FILE = 'env/.env.shop_stg';
const SECRETS = 'secrets/.env.shop_stg.secrets';

const CONFIGURATION: readonly Row[] = [
  {
    way: 'the env file names another database, in the countdown',
    words: RESET,
    meanwhile: edit(ENV_FILE, (text) => text.replace('=core', '=other')),
    refused: /changed/,
    done: isReset,
  },
  {
    way: "the env file becomes the protected environment's, in the countdown",
    words: RESET,
    meanwhile: ({ scratch }) => scratch.write(ENV_FILE, scratch.read('env/.env.shop_prod')),
    refused: /changed/,
    done: isReset,
  },
  {
    way: 'the env file goes away in the countdown',
    words: RESET,
    meanwhile: ({ scratch }) => unlinkSync(scratch.path(ENV_FILE)),
    refused: /changed|env\.shop_stg/,
    done: isReset,
  },
  {
    way: 'the secrets file has another password, in the countdown',
    words: RESET,
    meanwhile: edit(SECRETS, (text) => text.replace('simple', 'another')),
    refused: /changed|password/,
    done: isReset,
  },
  {
    way: 'the registry protects it, in the countdown',
    words: RESET,
    meanwhile: edit(REGISTRY, (text) => text.replace(/("shop_stg": \{\s*"protected": )false/, '$1true')),
    refused: /changed/,
  },
  {
    way: 'the registry has another stack for it, in the countdown',
    words: RESET,
    meanwhile: entry('shop_stg', '"engine": { "host": "another-host" }'),
    refused: /changed|another-host/,
  },
];

/** Whoever renames or drops a database has ended the sessions in it before: ours are no exception. */
const alone = async ({ stg }: Stage, sql: string): Promise<void> => {
  await stg.sql(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'core'`,
    'postgres',
  );
  await stg.sql(sql, 'postgres');
};

/** Each in the countdown, by somebody else. */
const DATABASES: readonly (readonly [
  way: string,
  change: Row['meanwhile'],
  refused: RegExp,
  done?: Row['done'],
])[] = [
  [
    'is marked for another environment',
    ({ stg }) => stg.sql(`COMMENT ON DATABASE core IS 'makesafe.environment=shop_prod'`),
    /changed|marked/,
  ],
  ['loses its marker', ({ stg }) => stg.sql('COMMENT ON DATABASE core IS NULL'), /changed|marke/],
  [
    'and another one have their names swapped',
    async (stage) => {
      const names = [
        ['core', 'third'],
        ['other', 'core'],
        ['third', 'other'],
      ] as const;
      for (const [from, to] of names) await alone(stage, `ALTER DATABASE ${from} RENAME TO ${to}`);
    },
    /changed/,
  ],
  [
    'is made anew under its name',
    async (stage) => {
      const { stg } = stage;
      await alone(stage, 'DROP DATABASE core');
      await stg.sql('CREATE DATABASE core', 'postgres');
      await stg.sql(`CREATE TABLE kept (x int); COMMENT ON DATABASE core IS 'makesafe.environment=shop_stg'`);
    },
    /changed/,
  ],
  ['is dropped', (stage) => alone(stage, 'DROP DATABASE core'), /changed|does not exist/],
  ['is renamed', (stage) => alone(stage, 'ALTER DATABASE core RENAME TO precious'), /changed|does not exist/],
  [
    'becomes a template',
    ({ stg }) => stg.sql('ALTER DATABASE core IS_TEMPLATE true', 'postgres'),
    /template|changed/,
    isReset,
  ],
  [
    'lets nobody in',
    ({ stg }) => stg.sql('ALTER DATABASE core ALLOW_CONNECTIONS false', 'postgres'),
    /not known|changed|connect/,
    async (stage) => {
      await stage.stg.sql('ALTER DATABASE core ALLOW_CONNECTIONS true', 'postgres');
      await isReset(stage);
    },
  ],
  [
    'gets a prepared transaction',
    ({ stg }) => stg.sql(`BEGIN; UPDATE kept SET x = 0; PREPARE TRANSACTION 'theirs'`),
    /prepared|changed/,
  ],
  [
    'gets a neighbour that is marked for the protected environment',
    ({ stg }) => stg.sql(`COMMENT ON DATABASE other IS 'makesafe.environment=shop_prod'`),
    /changed|holds databases of other environments/,
  ],
  ['has its server stopped', async ({ stop }) => stop('shop_stg'), /changed|not running|does not answer/],
  [
    'has its server started anew',
    async ({ stop, start }) => {
      await stop('shop_stg');
      await start('shop_stg');
    },
    /changed|does not answer/,
    isReset,
  ],
];

const IN_COUNTDOWN: readonly Row[] = DATABASES.map(([way, meanwhile, refused, done]) => ({
  way: `the database ${way}, in the countdown`,
  ...{ words: RESET, meanwhile: meanwhile!, refused, ...(done ? { done } : {}) },
}));

/** Hides the system's own function and operator behind ones that lie, or that have the superuser do something. */
const SHADOWS = `
  CREATE FUNCTION public.shobj_description(oid, name) RETURNS text LANGUAGE sql
    AS $$ SELECT 'makesafe.environment=shop_stg'::text $$;
  CREATE FUNCTION public.shobj_description(oid, text) RETURNS text LANGUAGE sql
    AS $$ SELECT 'makesafe.environment=shop_stg'::text $$`;
const ESCALATES = `
  CREATE FUNCTION public.format(text, VARIADIC name[]) RETURNS text LANGUAGE plpgsql
    AS $$ BEGIN ALTER ROLE reader SUPERUSER; RETURN 'x'; END $$;
  CREATE FUNCTION public.pg_get_userbyid(oid) RETURNS name LANGUAGE plpgsql
    AS $$ BEGIN ALTER ROLE reader SUPERUSER; RETURN 'app'; END $$;
  CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE plpgsql
    AS $$ BEGIN ALTER ROLE reader SUPERUSER; RETURN '170000'; END $$;
  CREATE FUNCTION public.equals(name, text) RETURNS boolean LANGUAGE plpgsql
    AS $$ BEGIN ALTER ROLE reader SUPERUSER; RETURN true; END $$;
  CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = text, FUNCTION = public.equals)`;
const inAll = async ({ stg }: Stage, sql: string): Promise<void> => {
  for (const database of ['core', 'postgres']) await stg.sql(sql, database);
};
const SHADOWED = `SET search_path = public, pg_catalog`;

const setting = (line: string): Row => ({
  way: `a setting of the database: ${line}`,
  arrange: ({ stg }) => stg.sql(`ALTER DATABASE core SET ${line}`),
  words: RESET,
  refused: /./,
  done: isReset,
});

/** Ways to have the system's own names looked up elsewhere; the first needs nothing but a better match of types. */
const PATHS: readonly (readonly [way: string, set: readonly string[]])[] = [
  ['its overload in public', []],
  ["the database's search_path", [`ALTER DATABASE core ${SHADOWED}`, `ALTER DATABASE postgres ${SHADOWED}`]],
  ["the role's search_path", [`ALTER ROLE app ${SHADOWED}`]],
];
const withPath = async (stage: Stage, set: readonly string[]): Promise<void> => {
  for (const sql of set) await stage.stg.sql(sql, 'postgres');
};
const withoutPath = async ({ stg }: Stage): Promise<void> => {
  for (const sql of ['ALTER DATABASE postgres RESET ALL', 'ALTER ROLE app RESET ALL'])
    await stg.sql(sql, 'postgres');
  for (const database of ['core', 'postgres'])
    await stg.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public', database);
};

const SESSIONS: readonly Row[] = [
  ...PATHS.map(([way, set]): Row => ({
    way: `the protected environment's marker is hidden by ${way}`,
    arrange: async (stage) => {
      await inAll(stage, SHADOWS);
      await stage.stg.sql(`COMMENT ON DATABASE core IS 'makesafe.environment=shop_prod'`);
      await withPath(stage, set);
    },
    words: RESET,
    refused: /is marked for shop_prod/,
    undo: withoutPath,
  })),
  ...PATHS.flatMap(([way, set]) =>
    ['', ' DRY_RUN=1'].map((dry): Row => ({
      way: `what makes a role superuser is called by ${way}${dry && ', in a dry run'}`,
      arrange: async (stage) => {
        await inAll(stage, ESCALATES);
        await withPath(stage, set);
      },
      words: `${RESET}${dry}`,
      refused: /./,
      done: dry === '' ? isReset : ({ stg }) => stg.sql('SELECT FROM kept'),
      undo: withoutPath,
    })),
  ),
  ...[
    "statement_timeout = '1ms'",
    "lock_timeout = '1ms'",
    'default_transaction_read_only = on',
    'role = reader',
  ].map(setting),
];

/** Has something happen while the script is at its pg_sleep. */
const whileItSleeps =
  (change: (stage: Stage) => Promise<unknown>): NonNullable<Row['act']> =>
  async (stage, words, ready) => {
    const running = stage.scratch.startTask([...words, 'WAIT=0']);
    const sleeps = `SELECT count(*) FROM pg_stat_activity WHERE query ~ '^(SELECT|select) pg_sleep' AND state = 'active'`;
    let ended = false;
    void running.ended.then(() => (ended = true));
    while (!ended && Number(await stage.stg.sql(sleeps, 'postgres')) === 0) await sleep(20);
    await change(stage);
    await ready();
    return verdict(running);
  };

const takesItsName = async (stage: Stage): Promise<void> => {
  const { stg } = stage;
  await alone(stage, 'ALTER DATABASE core RENAME TO precious');
  await stg.sql('ALTER DATABASE other RENAME TO core', 'postgres');
  await stg.sql(`COMMENT ON DATABASE core IS 'makesafe.environment=shop_prod'`);
};

const script =
  (...lines: string[]) =>
  ({ scratch }: Stage): void =>
    scratch.write('row.sql', `CREATE TABLE t (a int);\n${lines.join('\n')}\n`);
const RESTORE = 'restore-from-sql ENV=shop_stg SQL=row.sql';

/** The script's own table is there, and the old rows are not. */
const isRestored = async ({ stg }: Stage): Promise<void> => {
  expect(
    await stg.sql(`SELECT to_regclass('public.t') IS NOT NULL, to_regclass('public.kept') IS NULL`),
  ).toBe('t|t');
};

const BEHIND: readonly Row[] = [
  {
    way: 'another database takes the name while the script sleeps',
    arrange: script('SELECT pg_sleep(3);'),
    words: RESTORE,
    act: whileItSleeps(takesItsName),
    refused: /./,
  },
  {
    way: 'the marker becomes the protected one while the script sleeps',
    arrange: script('SELECT pg_sleep(3);'),
    words: RESTORE,
    act: whileItSleeps(({ stg }) => stg.sql(`COMMENT ON DATABASE core IS 'makesafe.environment=shop_prod'`)),
    refused: /./,
  },
  {
    way: 'the database is made anew while the script sleeps',
    arrange: script('SELECT pg_sleep(3);'),
    words: RESTORE,
    act: whileItSleeps(async ({ stg }) => {
      await stg.sql('DROP DATABASE core WITH (FORCE)', 'postgres');
      await stg.sql('CREATE DATABASE core', 'postgres');
      await stg.sql('CREATE TABLE kept (x int)');
    }),
    refused: /./,
  },
];

const LOCK = 'journal/.shop_stg.lock';
const JOURNAL = 'journal/shop_stg.jsonl';
const fifo =
  (file: string) =>
  ({ scratch }: Stage): void => {
    mkdirSync(scratch.path(file, '..'), { recursive: true });
    if (spawnSync('mkfifo', [scratch.path(file)]).status !== 0) throw new Error('mkfifo');
  };
const folder =
  (file: string) =>
  ({ scratch }: Stage): void =>
    void mkdirSync(scratch.path(file, 'something'), { recursive: true });

/** Acts while another run is in its countdown, and cancels that. */
export async function withSuffix(running: Running, work: () => Promise<Ran>): Promise<Ran> {
  try {
    await running.printed('Starting in');
    return await work();
  } finally {
    running.interrupt();
    await running.ended;
  }
}

const LOCKS: readonly Row[] = [
  { way: 'the lock is a folder', arrange: folder(LOCK), words: RESET, refused: /\.shop_stg\.lock/ },
  {
    way: 'the lock is a pipe that nobody writes to',
    arrange: fifo(LOCK),
    words: RESET,
    refused: /\.shop_stg\.lock/,
  },
  { way: 'the journal is a folder', arrange: folder(JOURNAL), words: RESET, refused: /shop_stg\.jsonl/ },
  {
    way: 'the journal is a pipe that nobody reads',
    arrange: fifo(JOURNAL),
    words: RESET,
    refused: /shop_stg\.jsonl/,
  },
  {
    way: 'a line of the journal has no target',
    arrange: ({ scratch }) =>
      scratch.write(JOURNAL, '{"event":"start","run":"1"}\nnull\n[]\n{"event":"end"}\n'),
    words: RESET,
    refused: /shop_stg\.jsonl/,
    done: isReset,
  },
  {
    way: 'another run holds the lock',
    words: RESET,
    act: async ({ scratch }, words, ready) =>
      withSuffix(scratch.startTask([...words, 'WAIT=600']), async () => {
        await ready();
        return verdict(scratch.startTask([...words, 'WAIT=0']));
      }),
    refused: /another run is at work on shop_stg/,
  },
];

/** A file that stands where OUT= is to write. */
const over = (way: string, file: string, arrange?: Row['arrange']): Row => ({
  way: `OUT= is ${way}`,
  ...(arrange ? { arrange } : {}),
  words: `db-dump-schema-env ENV=shop_stg OUT=${file}`,
  refused: /OUT|refused|not/,
});

const FILES: readonly Row[] = [
  over('the registry', REGISTRY),
  over('the env file', ENV_FILE),
  over('the secrets file', SECRETS),
  over('a script of somebody', 'scripts/db/bootstrap_roles.sql'),
  {
    ...over('the journal', JOURNAL, ({ scratch }) => scratch.write(JOURNAL, '{"event":"start"}\n')),
    also: ({ scratch }) => expect(scratch.read(JOURNAL)).toBe('{"event":"start"}\n'),
  },
  {
    ...over('a link to somewhere', 'out/link', ({ scratch }) => {
      scratch.write('out/precious', 'mine\n');
      symlinkSync('precious', scratch.path('out/link'));
    }),
    also: ({ scratch }) => expect(readFileSync(scratch.path('out/link'), 'utf8')).toBe('mine\n'),
  },
  {
    ...over('a pipe', 'out/pipe', fifo('out/pipe')),
    also: ({ scratch }) => expect(spawnSync('test', ['-p', scratch.path('out/pipe')]).status).toBe(0),
  },
  {
    ...over('a file of somebody else', 'out/precious', ({ scratch }) =>
      scratch.write('out/precious', 'mine\n'),
    ),
    also: ({ scratch }) => expect(scratch.read('out/precious')).toBe('mine\n'),
  },
];

/** What a script may try; `PLACE` is a folder that the server may write to. */
const hostile = (way: string, ...lines: string[]): Row => ({
  way: `a script: ${way}`,
  arrange: (stage) => script(...lines.map((line) => line.replaceAll('PLACE', stage.place)))(stage),
  words: RESTORE,
  refused: /row\.sql|line \d|refused|permission|not/,
  done: isRestored,
});

const SCRIPTS: readonly Row[] = [
  hostile(
    'a second command on the line connects elsewhere',
    '\\echo hi \\connect other',
    'CREATE TABLE pwned (i int);',
  ),
  hostile('\\connect by a variable', '\\set where other', '\\c :where', 'CREATE TABLE pwned (i int);'),
  hostile('a statement in a variable', "\\set x 'DROP DATABASE other'", ':x;'),
  hostile('\\gexec', `SELECT 'DROP DATABASE other' \\gexec`),
  hostile('\\!', '\\! touch PLACE/pwned'),
  hostile('\\o into a program', '\\o | touch PLACE/pwned', 'SELECT 1;', '\\o'),
  hostile('\\copy to a program', `\\copy t to program 'touch PLACE/pwned'`),
  hostile('COPY to a program', `COPY t TO PROGRAM 'touch PLACE/pwned';`),
  hostile('COPY to a file', `COPY t TO 'PLACE/pwned';`),
  hostile('lo_export', `SELECT lo_export(lo_from_bytea(0, 'x'), 'PLACE/pwned');`),
  hostile('ALTER SYSTEM', `ALTER SYSTEM SET work_mem = '5MB';`),
  hostile('comments on another database', `COMMENT ON DATABASE other IS 'theirs';`),
  hostile('rights on another database', 'REVOKE CONNECT ON DATABASE other FROM PUBLIC;'),
  hostile('settings of another database', 'ALTER ROLE app IN DATABASE other SET search_path = x;'),
  hostile('settings of another database, by name', `ALTER DATABASE other SET work_mem = '5MB';`),
  hostile('renames another database', 'ALTER DATABASE other RENAME TO theirs;'),
  hostile('a superuser', 'ALTER ROLE reader SUPERUSER LOGIN;'),
  hostile('a new role', 'CREATE ROLE theirs SUPERUSER LOGIN;'),
  hostile('a member', 'GRANT pg_execute_server_program TO reader;'),
  hostile(
    'a rule of the cage taken back',
    'RESET ROLE;',
    'RESET SESSION AUTHORIZATION;',
    'DROP ROLE reader;',
  ),
  hostile(
    'a function that is a security definer',
    'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql SECURITY DEFINER',
    `AS $$ BEGIN EXECUTE 'ALTER ROLE reader SUPERUSER'; END $$;`,
    'SELECT f();',
  ),
  hostile(
    'a trigger for whoever comes',
    `CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql`,
    `AS $$ BEGIN EXECUTE 'ALTER ROLE reader SUPERUSER'; END $$;`,
    'CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f();',
    'CREATE TABLE u ();',
  ),
  hostile(
    'index expressions for ANALYZE',
    `CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql IMMUTABLE`,
    `AS $$ BEGIN BEGIN EXECUTE 'ALTER ROLE reader SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END; RETURN 1; END $$;`,
    'INSERT INTO t SELECT generate_series(1, 100);',
    'CREATE INDEX ON t (f(a));',
  ),
  {
    ...hostile(
      'comments on the live database, then fails',
      `COMMENT ON DATABASE core IS 'Application database';`,
      'SELECT 1/0;',
    ),
    refused: /division by zero|core|row\.sql/,
  },
];

/** A backup of database core as it is, in a file of its own. */
const backupTo = async ({ scratch }: Stage, file: string): Promise<void> => {
  const { stdout } = await scratch.mustTask('backup ENV=shop_stg BACKUP_DIR=out');
  cpSync(scratch.path(stdout.trim()), scratch.path(file));
};
const WITHOUT_KEPT = 'DROP TABLE kept; CREATE TABLE second AS SELECT 1 AS x';
/** A backup that holds one table, second, of a database that holds two. */
const backupOfOne = async (stage: Stage, file: string): Promise<void> => {
  await stage.stg.sql(WITHOUT_KEPT);
  await backupTo(stage, file);
  await stage.stg.sql(FILL);
};
const hasRows = async ({ stg }: Stage): Promise<void> =>
  expect(await stg.sql('SELECT count(*) FROM kept')).toBe('1000');

const DUMPS: readonly Row[] = [
  {
    way: 'a dump without data over rows',
    arrange: ({ scratch }) =>
      scratch.mustTask('db-dump-schema-env ENV=shop_stg FORMAT=custom OUT=out/less.dump'),
    words: 'restore-from-dump ENV=shop_stg DUMP=out/less.dump',
    refused: /data|rows|kept/,
  },
  {
    way: 'a dump of one of two tables',
    arrange: (stage) => backupOfOne(stage, 'out/less.dump'),
    words: 'restore-from-dump ENV=shop_stg DUMP=out/less.dump',
    refused: /kept|table/,
  },
  {
    way: 'the dump becomes another one in the countdown',
    arrange: async (stage) => {
      await backupTo(stage, 'out/whole.dump');
      await backupOfOne(stage, 'out/other.dump');
      await stage.stg.sql('DROP TABLE second');
    },
    words: 'restore-from-dump ENV=shop_stg DUMP=out/whole.dump',
    meanwhile: ({ scratch }) => cpSync(scratch.path('out/other.dump'), scratch.path('out/whole.dump')),
    refused: /changed|whole\.dump/,
    done: hasRows,
  },
  {
    way: 'the script becomes another one in the countdown',
    arrange: script('SELECT 1;'),
    words: RESTORE,
    meanwhile: ({ scratch }) => scratch.write('row.sql', 'CREATE TABLE theirs ();\n'),
    refused: /changed|row\.sql/,
    done: isRestored,
  },
];

/** Alembic reaches the protected environment's database: nothing that was shown leads there. */
const migrated = async ({ stg, prod }: Stage): Promise<void> => {
  const sql = `CREATE SCHEMA mart; CREATE SCHEMA stg; CREATE TABLE alembic_version (version_num text PRIMARY KEY);
    INSERT INTO alembic_version VALUES ('20250401_090000000')`;
  await Promise.all([stg.sql(sql), prod.sql(sql)]);
};

/** @param elsewhere has the application's own files lead Alembic to the server of shop_prod */
export function alembicRows(elsewhere: (stage: Stage) => unknown, undo?: Row['undo']): readonly Row[] {
  return [
    ['al-down-env', 'REV=base'],
    ['al-stamp-env', 'REV=20250402_101500000'],
    ['al-up-env', 'REV=20250402_101500000'],
  ].map(([task, words]) => ({
    way: `the application's configuration leads Alembic elsewhere: ${task}`,
    arrange: async (stage: Stage) => {
      await migrated(stage);
      await elsewhere(stage);
    },
    words: `${task} ENV=shop_stg ${words}`,
    refused: /./,
    ...(undo ? { undo } : {}),
  }));
}

/** What is refused before any server is asked, or whichever it is. */
export const ROWS_OF_THIS_SIDE: readonly Row[] = [...NAMES, ...LOCKS, ...FILES];

export const ROWS: readonly Row[] = [CONFIGURATION, IN_COUNTDOWN, SESSIONS, BEHIND, SCRIPTS, DUMPS].flat();
