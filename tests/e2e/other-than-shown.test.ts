import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join as inside } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject } from 'vitest';
import { sampleOf } from '../helpers/commit.ts';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, serverAnswers, startDatabase } from '../helpers/database.ts';
import { docker, run } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';
import { Scratch } from '../helpers/scratch.ts';
import { stageAsker, verdict, type Environment, type Stage } from '../helpers/stage.ts';
import { alembicRows, withSuffix, otherThanShown, ROWS, type Row } from '../shared/other-than-shown.ts';

const DATA = '/var/lib/postgresql/data';
const APPLICATION = 'app/backend/core_api';
const ENV_PY = `${APPLICATION}/migrations/alembic/env.py`;
const RESET = 'db-reset-volume-env ENV=shop_stg';

/** Prepared transactions have to be asked for. */
const command = ['postgres', '-c', 'max_prepared_transactions=5', '-c', 'fsync=off'];
const compose = (port: number, sections: object = {}): object => ({
  ...databaseOnly({ db: { command, volumes: [`data:${DATA}`], ports: [`127.0.0.1:${port}:5432`] } }),
  volumes: { data: { name: '${DATA_VOLUME}' } },
  ...sections,
});

async function prepare(): Promise<Stage> {
  const ports = { shop_stg: await freePort(), shop_prod: await freePort() };
  const withApplication = compose(ports.shop_stg) as { services: Record<string, object> };
  withApplication.services['core_api'] = {
    build: { context: `../${APPLICATION}` },
    init: true,
    // Its files are the project's, as in local_dev.
    volumes: [`../${APPLICATION}:/backend`],
    environment: {
      ...{ POSTGRES_HOST: 'db', POSTGRES_PORT: '5432', PYTHONDONTWRITEBYTECODE: '1' },
      ...Object.fromEntries(
        ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'POSTGRES_DB'].map((name) => [name, `\${${name}}`]),
      ),
    },
  };
  const scratch = new Scratch({
    only: [],
    environments: {
      shop_stg: { compose: withApplication },
      shop_prod: { compose: compose(ports.shop_prod), entry: { protected: true } },
      bind: { compose: databaseOnly({ db: { volumes: [`\${DATA_FOLDER}:${DATA}`] } }) },
      anonymous: { compose: databaseOnly() },
      layer: { compose: databaseOnly({ db: { environment: { PGDATA: '/somewhere/else' } } }) },
    },
  });
  await scratch.make();
  for (const name of ['shop_stg', 'shop_prod'])
    scratch.write(
      `env/.env.${name}`,
      `${scratch.read(`env/.env.${name}`)}DATA_VOLUME=${scratch.prefix}-of-${name}\n`,
    );
  scratch.write('env/.env.bind', `${scratch.read('env/.env.bind')}DATA_FOLDER=../data/way/pg\n`);
  // Its database may be gone, or let nobody in.
  const start = async (name: Environment): Promise<void> => {
    await scratch.compose(name, 'up', '--detach');
    const { sql } = name === 'shop_stg' ? stage.stg : stage.prod;
    const answers = (): Promise<boolean> =>
      sql('SELECT', 'postgres').then(
        () => true,
        () => false,
      );
    while (!(await answers())) await sleep(50);
  };
  const port = (name: Environment): number => ports[name];
  const list = async (kind: 'container' | 'volume' | 'network', isOwn: boolean): Promise<string[]> => {
    const format = {
      container: '{{.Names}} {{.ID}} {{.State}}',
      volume: '{{.Name}}',
      network: '{{.Name}} {{.ID}}',
    }[kind];
    const all = kind === 'container' ? ['--all', '--no-trunc'] : [];
    const found = await docker(kind, 'ls', ...all, '--format', format, '--filter', `name=${scratch.prefix}`);
    const ownName = new RegExp(`^${scratch.prefix}-(of-)?shop_stg`);
    return (
      found
        .split('\n')
        // The lock of a run that is at its work holds no data, and is gone with it.
        .filter((line) => line !== '' && !/-makesafe-lock\b/.test(line) && ownName.test(line) === isOwn)
        .sort()
    );
  };
  const lists = (isOwn: boolean): Promise<string[][]> =>
    Promise.all([list('container', isOwn), list('volume', isOwn), list('network', isOwn)]);
  const stage: Stage = {
    ...{ scratch, port, start, place: '/tmp' },
    stg: stageAsker(() => ports.shop_stg),
    prod: stageAsker(() => ports.shop_prod),
    stop: async (name) => void (await scratch.compose(name, 'stop', '--timeout', '5', 'db')),
    around: () => lists(false),
    own: () => lists(true),
  };
  return stage;
}

const volumeOf = ({ scratch }: Stage, name: string): string => `${scratch.prefix}-${name}`;
const exists = async (kind: 'volume' | 'container', name: string): Promise<boolean> =>
  (await run(['docker', kind, 'inspect', name])).status === 0;
const makeVolume = (stage: Stage, name: string, ...labels: string[]): Promise<string> =>
  docker('volume', 'create', ...labels.flatMap((label) => ['--label', label]), volumeOf(stage, name));
const removeVolume = (name: string) => (stage: Stage) => docker('volume', 'rm', volumeOf(stage, name));

type File = { services: Record<string, Record<string, unknown>>; volumes: Record<string, object> };
/** Changes the compose file of shop_stg, or of another one. */
const composeFile =
  (change: (file: File, stage: Stage) => void, name = 'shop_stg') =>
  (stage: Stage): void => {
    const path = `docker/${name}.json`;
    const file = JSON.parse(stage.scratch.read(path)) as File;
    change(file, stage);
    stage.scratch.write(path, JSON.stringify(file));
  };

/** Server and data of shop_stg are gone: what the reset says of them. */
const isGone = async (stage: Stage): Promise<void> => {
  expect(await stage.scratch.container('shop_stg')).toBe('');
  expect(await exists('volume', volumeOf(stage, 'of-shop_stg'))).toBe(false);
};

/** A container beside the stack, which mounts the volume of its data. */
const beside = (stage: Stage, ...labels: string[]): Promise<string> =>
  docker(
    ...['run', '--detach', '--init', '--name', volumeOf(stage, 'beside'), '--entrypoint', 'sleep'],
    ...labels.flatMap((label) => ['--label', label]),
    ...['--volume', `${volumeOf(stage, 'of-shop_stg')}:/somewhere`, 'postgres:17', '3600'],
  );
const removeBeside = (stage: Stage): Promise<string> => docker('rm', '--force', volumeOf(stage, 'beside'));

const VOLUMES: readonly Row[] = [
  {
    way: 'the compose file gets a volume of somebody else, in the countdown',
    arrange: (stage) => makeVolume(stage, 'precious'),
    words: RESET,
    meanwhile: composeFile(
      (file, stage) => (file.volumes['precious'] = { name: volumeOf(stage, 'precious') }),
    ),
    refused: /changed/,
    done: isGone,
    undo: removeVolume('precious'),
  },
  {
    way: "the compose file has the protected environment's volume, in the countdown",
    words: RESET,
    meanwhile: composeFile(
      (file, stage) => (file.volumes['data'] = { name: volumeOf(stage, 'of-shop_prod') }),
    ),
    refused: /changed|shop_prod/,
    done: isGone,
  },
  {
    way: "the env file has the protected environment's volume, in the countdown",
    words: RESET,
    meanwhile: (stage) => {
      const text = stage.scratch.read('env/.env.shop_stg');
      stage.scratch.write('env/.env.shop_stg', text.replace('of-shop_stg', 'of-shop_prod'));
    },
    refused: /changed|shop_prod/,
    done: isGone,
  },
  {
    way: "the registry has the protected environment's project, in the countdown",
    words: RESET,
    meanwhile: ({ scratch }) =>
      scratch.write(
        'env/environments.ts',
        scratch
          .read('env/environments.ts')
          .replace(`"${scratch.project('shop_stg')}"`, `"${scratch.project('shop_prod')}"`),
      ),
    refused: /changed|shop_prod/,
    done: isGone,
  },
  {
    way: 'the volume is made anew under its name, in the countdown',
    words: RESET,
    meanwhile: async (stage) => {
      await stage.scratch.compose('shop_stg', 'rm', '--stop', '--force', 'db');
      await docker('volume', 'rm', volumeOf(stage, 'of-shop_stg'));
      await stage.start('shop_stg');
      await stage.stg.sql('CREATE TABLE kept (x int)');
    },
    refused: /changed/,
  },
  {
    way: 'the container is made anew, in the countdown',
    words: RESET,
    meanwhile: async ({ scratch }) => {
      await scratch.compose('shop_stg', 'up', '--detach', '--force-recreate', 'db');
      await serverAnswers(await scratch.container('shop_stg'));
    },
    refused: /changed/,
  },
  {
    way: 'a container of another project mounts the volume, in the countdown',
    words: RESET,
    meanwhile: (stage) => beside(stage, 'com.docker.compose.project=another'),
    refused: /changed|mounted by/,
    undo: removeBeside,
  },
  {
    way: 'a container of no project mounts the volume, in the countdown',
    words: RESET,
    meanwhile: (stage) => beside(stage),
    refused: /changed|mounted by/,
    undo: removeBeside,
  },
  {
    way: 'a service behind a profile mounts the volume',
    arrange: async (stage) => {
      composeFile(
        (file) =>
          (file.services['tools'] = {
            ...{ image: 'postgres:17', profiles: ['tools'], entrypoint: ['sleep', '3600'], init: true },
            volumes: [`data:${DATA}:ro`],
          }),
      )(stage);
      await stage.scratch.compose('shop_stg', '--profile', 'tools', 'up', '--detach', 'tools');
    },
    words: RESET,
    refused: /tools/,
    done: isGone,
    undo: ({ scratch }) => docker('rm', '--force', `${scratch.project('shop_stg')}-tools-1`).catch(() => ''),
  },
  {
    way: 'another service has a volume of its own',
    arrange: async (stage) => {
      await makeVolume(
        stage,
        'shop_stg_uploads',
        `com.docker.compose.project=${stage.scratch.project('shop_stg')}`,
        'com.docker.compose.volume=uploads',
      );
      composeFile((file, { scratch }) => {
        file.services['core_api']!['volumes'] = [`../${APPLICATION}:/backend`, 'uploads:/uploads'];
        file.volumes['uploads'] = { name: `${scratch.prefix}-shop_stg_uploads` };
      })(stage);
    },
    words: RESET,
    refused: /uploads/,
    done: async (stage, { stderr }) => {
      await isGone(stage);
      if (!(await exists('volume', volumeOf(stage, 'shop_stg_uploads'))))
        expect(stderr).toContain('shop_stg_uploads');
    },
    undo: (stage) => docker('volume', 'rm', '--force', volumeOf(stage, 'shop_stg_uploads')).catch(() => ''),
  },
  {
    way: "a volume of another service carries another project's label",
    arrange: async (stage) => {
      await makeVolume(
        stage,
        'theirs',
        'com.docker.compose.project=another',
        'com.docker.compose.volume=theirs',
      );
      composeFile((file) => {
        file.services['core_api']!['volumes'] = [`../${APPLICATION}:/backend`, 'theirs:/theirs'];
        file.volumes['theirs'] = { name: volumeOf(stage, 'theirs') };
      })(stage);
    },
    words: RESET,
    refused: /theirs/,
    done: isGone,
    undo: removeVolume('theirs'),
  },
  {
    way: "a volume of nobody's service has a name of its own in the compose file",
    arrange: async (stage) => {
      await makeVolume(stage, 'named');
      composeFile((file) => (file.volumes['named'] = { name: volumeOf(stage, 'named') }))(stage);
    },
    words: RESET,
    refused: /named/,
    done: isGone,
    undo: removeVolume('named'),
  },
  {
    way: 'an external volume of another service',
    arrange: async (stage) => {
      await makeVolume(stage, 'external');
      composeFile((file) => {
        file.services['core_api']!['volumes'] = [`../${APPLICATION}:/backend`, 'external:/external'];
        file.volumes['external'] = { name: volumeOf(stage, 'external'), external: true };
      })(stage);
    },
    words: RESET,
    refused: /external/,
    done: isGone,
    undo: removeVolume('external'),
  },
  {
    way: 'the server is paused, in the countdown',
    words: RESET,
    meanwhile: async ({ scratch }) => docker('pause', await scratch.container('shop_stg')),
    refused: /./,
    done: isGone,
    undo: async ({ scratch }) => docker('unpause', await scratch.container('shop_stg')).catch(() => ''),
  },
  {
    way: 'DOCKER_HOST exported',
    words: RESET,
    env: { DOCKER_HOST: 'unix:///var/run/docker.sock' },
    refused: /DOCKER_HOST.* exported/,
  },
  {
    way: 'a run in another clone holds the lock',
    words: RESET,
    act: async ({ scratch }, words, ready) => {
      const clone = inside(scratch.outside, 'clone');
      cpSync(scratch.root, clone, { recursive: true, verbatimSymlinks: true });
      const command = scratch.taskCommand([...words, 'WAIT=600']);
      const running = scratch.start(
        command.map((word) => word.replace(scratch.root, clone)),
        { cwd: clone },
      );
      return withSuffix(running, async () => {
        await ready();
        return verdict(scratch.startTask([...words, 'WAIT=0']));
      });
    },
    refused: /another run is at work on shop_stg/,
    undo: ({ scratch }) => rmSync(inside(scratch.outside, 'clone'), { recursive: true }),
  },
  {
    way: "the env file says the protected environment's project",
    arrange: ({ scratch }) =>
      scratch.write(
        'env/.env.shop_stg',
        `${scratch.read('env/.env.shop_stg')}COMPOSE_PROJECT_NAME=${scratch.project('shop_prod')}\n`,
      ),
    words: RESET,
    refused: /shop_prod/,
  },
];

const RESET_BIND = 'db-reset-volume-env ENV=bind';
/** A data directory of a stopped server, as far as anybody can tell. */
const dataFolder = ({ scratch }: Stage, name: string): void => {
  mkdirSync(scratch.path('data', name, 'pg'), { recursive: true });
  writeFileSync(scratch.path('data', name, 'pg/PG_VERSION'), '17\n');
};
const removeData = ({ scratch }: Stage): void => rmSync(scratch.path('data'), { recursive: true });

const FOLDERS: readonly Row[] = [
  {
    way: 'a link on the way to the data leads elsewhere, in the countdown',
    arrange: (stage) => {
      dataFolder(stage, 'shown');
      dataFolder(stage, 'precious');
      symlinkSync('shown', stage.scratch.path('data/way'));
    },
    words: RESET_BIND,
    meanwhile: ({ scratch }) => {
      unlinkSync(scratch.path('data/way'));
      symlinkSync('precious', scratch.path('data/way'));
    },
    refused: /changed|link/,
    done: ({ scratch }) => expect(readdirSync(scratch.path('data/shown/pg'))).toEqual([]),
    also: ({ scratch }) => expect(readdirSync(scratch.path('data/precious/pg'))).toEqual(['PG_VERSION']),
    undo: removeData,
  },
  ...['a, b', 'x,source=/c', "it's ‘here’ 日本"].map((name): Row => ({
    way: `the path of the data is ${name}`,
    arrange: (stage) => {
      dataFolder(stage, name);
      composeFile(
        (file) =>
          (file.services['db']!['volumes'] = [{ type: 'bind', source: `../data/${name}/pg`, target: DATA }]),
        'bind',
      )(stage);
    },
    words: RESET_BIND,
    refused: /,/,
    done: ({ scratch }) => expect(readdirSync(scratch.path('data', name, 'pg'))).toEqual([]),
    undo: removeData,
  })),
  {
    way: 'data is a link to a folder beside it',
    arrange: (stage) => {
      dataFolder(stage, 'real');
      mkdirSync(stage.scratch.path('data/way'));
      symlinkSync('../real/pg', stage.scratch.path('data/way/pg'));
    },
    words: RESET_BIND,
    refused: /link|data/,
    done: ({ scratch }) => expect(readdirSync(scratch.path('data/real/pg'))).toEqual([]),
    undo: removeData,
  },
];

/** Rows outlive a pair of commands that says nothing of losing them, or it is refused. */
const outlives = (name: 'anonymous' | 'layer', ...commands: string[]): Row => ({
  way: `data in ${name === 'layer' ? "the container's own layer" : 'an anonymous volume'}: ${commands.join(', ')}`,
  words: commands[0]!,
  act: async ({ scratch }) => {
    await startDatabase(scratch, name);
    const { sql } = asker(scratch, name, 'app', 'core');
    await sql('CREATE TABLE kept AS SELECT 42 AS x');
    const rans = [];
    const file = scratch.read(`docker/${name}.json`);
    for (const words of commands) {
      if (words === 'change')
        composeFile((file) => (file.services['db']!['labels'] = { a: 'b' }), name)({ scratch } as Stage);
      else rans.push(await scratch.runTask(`${words} ENV=${name}`));
    }
    // What is there is started as it is; only where nothing is left, anew.
    if ((await scratch.container(name)) === '') await startDatabase(scratch, name);
    else await scratch.compose(name, 'start');
    await serverAnswers(await scratch.container(name));
    const said = rans.map(({ status, stderr }) => `status ${status}\n${stderr}`).join('');
    expect(await sql(`SELECT to_regclass('kept') IS NOT NULL`), said).toBe('t');
    await scratch.compose(name, 'down', '--volumes', '--timeout', '0');
    scratch.write(`docker/${name}.json`, file);
    return rans.at(-1)!;
  },
  refused: /./,
  done: () => {},
});

const LIFECYCLE: readonly Row[] = [
  outlives('anonymous', 'down', 'up'),
  outlives('layer', 'down', 'up'),
  outlives('layer', 'change', 'up'),
  outlives('layer', 'rebuild', 'restart'),
];

const network = ({ scratch }: Stage): string => `${scratch.project('shop_stg')}_default`;
const leave = async (stage: Stage): Promise<string> =>
  docker('network', 'disconnect', '--force', network(stage), await stage.scratch.container('shop_prod'));
const join = async (stage: Stage, alias: string): Promise<string> =>
  docker('network', 'connect', '--alias', alias, network(stage), await stage.scratch.container('shop_prod'));

const ALEMBIC: readonly Row[] = [
  ...alembicRows(async (stage) => {
    await join(stage, 'elsewhere');
    const text = stage.scratch.read(ENV_PY);
    stage.scratch.write(
      ENV_PY,
      text.replace('password, host, int(port)', "password, 'elsewhere', int(port)"),
    );
  }, leave),
  // The name is either of two; whichever is met is looked at.
  ...alembicRows((stage) => join(stage, 'db'), leave).map((row): Row => ({
    ...row,
    way: row.way.replace('configuration leads', 'network leads'),
    done: () => {},
  })),
];

describe.skipIf(inject('noEngine') !== '')('other than shown', () => {
  // What is common to all stacks is tried whole on the embedded one; `MATRIX=all` tries it whole here as well.
  const common = process.env['MATRIX'] === 'all' ? ROWS : sampleOf(ROWS, Math.ceil(ROWS.length / 3));
  otherThanShown(prepare, [...common, ...VOLUMES, ...FOLDERS, ...LIFECYCLE, ...ALEMBIC]);
});
