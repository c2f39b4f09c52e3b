import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from './free-port.ts';
import { removeIfWeEnd, wasRemoved } from './reaper.ts';
import { registry } from './registry.ts';
import type { EnvironmentEntry } from '../../lib/environment/entry.ts';
import { docker, must, run, start, succeeded, type Ran, type RunOptions, type Running } from './processes.ts';

const PROJECT = join(import.meta.dirname, '../..');
const COPIED = [
  ...['makefile', 'package.json', 'package-lock.json', '.npmrc', 'tsconfig.json'],
  ...[
    'tasks',
    'lib',
    'bin',
    'completion',
    'env',
    'docker',
    'scripts',
    'app',
    'secrets/.env.template.secrets',
  ],
];

/** For `node --require`: what runs TypeScript in tests. */
export const TYPESCRIPT = join(import.meta.dirname, 'typescript-loader.cjs');

/** The same for make, as TSX. */
export const QUICK = `${process.execPath} --require ${TYPESCRIPT}`;

const NOWHERE = 'unix:///nonexistent/docker.sock';

/** Every character that a shell, a URL, an env file, YAML, JSON or SQL could read in its own way. */
export const NASTY_PASSWORD = 'p w%40@/$x#"1\\n';

/** An environment that only one test file needs. */
export interface ExtraEnvironment {
  /** Its entry in the registry, where it differs from an unprotected one of its own project and compose file. */
  readonly entry?: Partial<EnvironmentEntry>;
  /** Its compose file's content. */
  readonly compose?: object;
  /** What its env file says, over app, core and simple. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ScratchOptions {
  readonly environments?: Readonly<Record<string, ExtraEnvironment>>;
  /** The sample's environments that stay in the registry: all by default. The guard looks at each of them. */
  readonly only?: readonly string[];
  /** False leaves node_modules out. */
  readonly dependencies?: boolean;
  /** A clone by git, with what is changed here and not committed yet, in place of what tasks need. */
  readonly clone?: boolean;
  /** False puts the container engine out of reach of all that is run in the copy. */
  readonly engine?: boolean;
}

/**
 * A throwaway copy of the project whose compose projects, volumes and containers have names that nobody else has: a
 * developer may run the real ones on the same machine. Made before the tests of the surrounding suite, and removed
 * after them with all that they started.
 */
export function useScratch(options: ScratchOptions = {}): Scratch {
  const scratch = new Scratch(options);
  beforeAll(() => scratch.make());
  afterAll(() => scratch.dispose());
  return scratch;
}

export class Scratch {
  /** Begins the name of everything that the engine keeps for this copy. */
  readonly prefix = `makesafe-e2e-${randomBytes(4).toString('hex')}`;
  readonly #options: ScratchOptions;
  #folder: string | undefined;

  constructor(options: ScratchOptions) {
    this.#options = options;
  }

  /** Read late: a test file may still be declaring its environments when the scratch copy is declared. */
  get #entries(): Readonly<Record<string, EnvironmentEntry>> {
    const extra = Object.entries(this.#options.environments ?? {}).map(
      ([name, { entry }]): [string, EnvironmentEntry] => [
        name,
        { protected: false, stack: 'compose', composeFile: `docker/${name}.json`, ...entry },
      ],
    );
    const samples = Object.entries<EnvironmentEntry>(registry.environments).filter(
      ([name]) => this.#options.only?.includes(name) ?? true,
    );
    // Old databases are kept where a test is about them: others count the databases of a server.
    return Object.fromEntries(
      [...samples, ...extra].map(([name, entry]) => [
        name,
        {
          ...entry,
          ...(entry.protected || 'undo' in entry ? {} : { undo: false as const }),
          project: `${this.prefix}-${entry.project ?? name}`,
        },
      ]),
    );
  }

  /** The copy's own folder. Beside it there is room for what is outside of the project. */
  get root(): string {
    return join(this.outside, 'project');
  }

  get outside(): string {
    if (this.#folder === undefined) throw new Error('the scratch copy does not exist before beforeAll');
    return this.#folder;
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** The compose project of an environment. */
  project(environment: string): string {
    return this.#entries[environment]!.project!;
  }

  write(file: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), content, { mode });
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  async make(): Promise<void> {
    // Compared with what tools report, so without links on the way.
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), 'makesafe-e2e-')));
    removeIfWeEnd(this.#folder, this.#options.engine === false ? null : this.prefix);
    mkdirSync(this.root);
    if (this.#options.clone) await cloneProject(this.root);
    for (const name of this.#options.clone ? [] : COPIED) {
      // With the times as they are, because make compares them.
      cpSync(join(PROJECT, name), this.path(name), {
        recursive: true,
        preserveTimestamps: true,
        filter: (source) => !source.endsWith('__pycache__'),
      });
    }
    if (this.#options.dependencies !== false) {
      // Older than any stamp of an installation: make would run npm ci, which empties the project's own folder behind the
      // link. Copied times will not do: they are rounded, also upwards.
      utimesSync(this.path('package-lock.json'), 1, 1);
      symlinkSync(join(PROJECT, 'node_modules'), this.path('node_modules'));
    }
    const { environments = {} } = this.#options;
    const entries = this.#entries;
    const { default: usual, removed } = registry;
    const registered = {
      ...registry,
      environments: entries,
      default: usual in entries ? usual : Object.keys(entries)[0],
      removed: Object.fromEntries(
        Object.entries(removed ?? {}).filter(([, successor]) => successor in entries),
      ),
    };
    this.write('env/environments.ts', `export default ${JSON.stringify(registered, null, 2)};\n`);
    const port = await freePort();
    for (const name of ['local_dev', 'local_demo', 'vm_stg', 'vm_prod']) {
      // Where two variables of a name stand in a file, the later one counts.
      const own = `\nHTTP_PORT=0\n${name === 'local_dev' ? `POSTGRES_PORT=${port}\n` : ''}`;
      this.write(`env/.env.${name}`, this.read(`env/.env.${name}`) + own);
    }
    this.write('secrets/.env.vm_stg.secrets', `POSTGRES_PASSWORD='${NASTY_PASSWORD}'\n`, 0o600);
    this.write('secrets/.env.vm_prod.secrets', 'POSTGRES_PASSWORD=of-vm_prod\n', 0o600);
    for (const [name, extra] of Object.entries(environments)) this.#add(name, extra);
  }

  #add(name: string, { compose, env = {} }: ExtraEnvironment): void {
    if (compose !== undefined) this.write(`docker/${name}.json`, JSON.stringify(compose, null, 2));
    const { POSTGRES_PASSWORD = 'simple', ...rest } = { POSTGRES_USER: 'app', POSTGRES_DB: 'core', ...env };
    const line = ([variable, value]: [string, string]): string =>
      `${variable}=${/^[\w.-]*$/.test(value) ? value : `'${value}'`}\n`;
    this.write(`env/.env.${name}`, Object.entries(rest).map(line).join(''));
    this.write(`secrets/.env.${name}.secrets`, line(['POSTGRES_PASSWORD', POSTGRES_PASSWORD]), 0o600);
  }

  /**
   * `make …` as typed; words with blanks in them are given as a list. The task is run as by `runTask`, which takes a
   * third of the time that npx and tsx take; `TSX: ''` in the environment has those.
   */
  runMake(words: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.startMake(words, options).ended;
  }

  /** `npx tsx tasks/….ts …` as typed: the script's own status, where make would turn every failure into 2. */
  runNpx(words: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.startNpx(words, options).ended;
  }

  startNpx(words: string | readonly string[], options: RunOptions = {}): Running {
    const [task, ...args] = split(words);
    return this.start(['npx', '--no-install', 'tsx', `tasks/${task}.ts`, ...args], options);
  }

  /** The same without npx and tsx, which take longer to start than the task itself. */
  runTask(words: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.startTask(words, options).ended;
  }

  startTask(words: string | readonly string[], options: RunOptions = {}): Running {
    return this.start(this.taskCommand(words), options);
  }

  /** What `runTask` runs. */
  taskCommand(words: string | readonly string[]): string[] {
    const [task, ...args] = split(words);
    return [process.execPath, '--require', TYPESCRIPT, this.path('tasks', `${task}.ts`), ...args];
  }

  startMake(words: string | readonly string[], options: RunOptions = {}): Running {
    const env = { TSX: QUICK, ...options.env };
    return this.start(['make', ...split(words)], { ...options, env });
  }

  /** Any program, in the copy's folder. */
  start(command: readonly string[], options: RunOptions = {}): Running {
    return start(command, { cwd: this.root, ...options, env: { ...this.#engine, ...options.env } });
  }

  /**
   * Which engine docker chooses, stated as a person does who exports nothing: by docker's own configuration. And where
   * makesafe finds other checkouts: none of the person's who runs the tests.
   */
  get #engine(): Readonly<Record<string, string>> {
    const host = this.#options.engine === false ? NOWHERE : process.env['DOCKER_HOST'];
    const state = { XDG_STATE_HOME: join(this.outside, 'state') };
    return host === undefined ? state : { ...state, DOCKER_CONFIG: this.dockerConfig(host), DOCKER_HOST: '' };
  }

  /** A folder with docker's configuration in which the context of the given name is the one in use. */
  dockerConfig(host: string, context = 'scratch'): string {
    const folder = join(this.outside, `docker-${context}`);
    const plugins = join(process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'), 'cli-plugins');
    const id = createHash('sha256').update(context).digest('hex');
    mkdirSync(join(folder, 'contexts/meta', id), { recursive: true });
    writeIfOther(
      join(folder, 'contexts/meta', id, 'meta.json'),
      JSON.stringify({ Name: context, Metadata: {}, Endpoints: { docker: { Host: host } } }),
    );
    const config = { currentContext: context, cliPluginsExtraDirs: [plugins] };
    writeIfOther(join(folder, 'config.json'), JSON.stringify(config));
    return folder;
  }

  /** A task that has to succeed for the test to go on. */
  async mustTask(words: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
    return succeeded(await this.runTask(words, options));
  }

  /** `docker compose` on an environment, past the code under test. */
  compose(environment: string, ...args: string[]): Promise<string> {
    const { project, composeFile = [] } = this.#entries[environment]!;
    const composeFiles = [composeFile].flat().flatMap((file) => ['-f', this.path(file)]);
    const files = ['env/.env.common', `env/.env.${environment}`, `secrets/.env.${environment}.secrets`];
    return docker(
      ...['compose', ...files.flatMap((file) => ['--env-file', this.path(file)])],
      ...['-p', project!, ...composeFiles, ...args],
    );
  }

  /** Id of the container of a service, running or not. */
  container(environment: string, service = 'db'): Promise<string> {
    const labels = { project: this.project(environment), service };
    const filters = Object.entries(labels).flatMap(([label, value]) => [
      '--filter',
      `label=com.docker.compose.${label}=${value}`,
    ]);
    return docker('ps', '--all', '--quiet', '--no-trunc', ...filters);
  }

  async dispose(): Promise<void> {
    if (this.#folder === undefined) return;
    if (this.#options.engine !== false) await removeFromEngine(this.prefix);
    await removeFolder(this.#folder);
    wasRemoved(this.#folder);
  }
}

/** The project as a `git clone` of it has it once what stands here is committed. */
async function cloneProject(root: string): Promise<void> {
  await must(['git', 'clone', '--quiet', '--depth', '1', `file://${PROJECT}`, root]);
  const changed = ['git', 'ls-files', '-z', '--modified', '--others', '--exclude-standard'];
  for (const file of (await must(changed, { cwd: PROJECT })).split('\0').filter(Boolean)) {
    if (existsSync(join(PROJECT, file))) cpSync(join(PROJECT, file), join(root, file));
    else rmSync(join(root, file), { force: true });
  }
}

/** A docker that runs at the same time may be reading the file. */
function writeIfOther(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

const split = (words: string | readonly string[]): readonly string[] =>
  typeof words === 'string' ? words.split(' ').filter(Boolean) : words;

/** Everything of ours carries the prefix in its name. */
export async function removeFromEngine(prefix: string): Promise<void> {
  const named = `name=${prefix}`;
  const remove = async (list: string[], how: string[]): Promise<void> => {
    const found = (await docker(...list)).split('\n').filter(Boolean);
    if (found.length > 0) await docker(...how, ...found);
  };
  // The engine may be removing one by itself: it is gone when it is not listed any more.
  const listed = ['ps', '--all', '--quiet', '--filter', named];
  for (const deadline = performance.now() + 60_000; ; await sleep(50)) {
    const found = (await docker(...listed)).split('\n').filter(Boolean);
    if (found.length === 0) break;
    const { status, stderr } = await run(['docker', 'rm', '--force', '--volumes', ...found]);
    if (status !== 0 && performance.now() > deadline) throw new Error(stderr);
  }
  await Promise.all([
    remove(['volume', 'ls', '--quiet', '--filter', named], ['volume', 'rm']),
    remove(['network', 'ls', '--quiet', '--filter', named], ['network', 'rm']),
    remove(
      ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=${prefix}*`],
      ['image', 'rm', '--force'],
    ),
  ]);
}

/** The database's files belong to its own user, whom only root may take them from. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    const mount = `type=bind,source=${folder},target=/scratch`;
    await docker(
      ...['run', '--rm', '--user', '0:0', '--entrypoint', 'sh', '--mount', mount, 'postgres:17'],
      ...['-c', 'find /scratch -mindepth 1 -delete'],
    );
    rmSync(folder, { recursive: true, force: true });
  }
}
