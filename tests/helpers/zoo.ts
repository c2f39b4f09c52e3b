import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { linkDependencies } from './adopted.ts';
import { docker, must, run, start, type Ran } from './processes.ts';
import { removeIfWeEnd, wasRemoved } from './reaper.ts';
import { freePort } from './free-port.ts';
import { removeFolder, removeFromEngine } from './scratch.ts';

const PROJECT = join(import.meta.dirname, '../..');
const ZOO = join(import.meta.dirname, '../zoo');

/** The day of a repository, in order. */
export const STEPS = [
  ...(['init', 'check', 'up', 'rebuild', 'recheck', 'health'] as const),
  ...(['backup', 'restore', 'verify', 'reset', 'down', 'again'] as const),
];
export type Step = (typeof STEPS)[number];

/** What a step does here, where it does not simply do its work. Texts are regular expressions of what it prints. */
export interface Expectation {
  /** It does its work, and says this. */
  readonly says?: string;
  /** It refuses, with this reason. */
  readonly refuses?: string;
  /** What a person types then, by which the step's work is done all the same. */
  readonly instead?: readonly string[];
  /** A fault that is known: it fails, saying this. Once it works, the mark has to go. */
  readonly known?: { readonly because: string; readonly says: string };
}

/** `zoo.json` of a repository; tests/zoo/README.md says what the fields are for. */
export interface Stated {
  readonly about: string;
  readonly layers?: readonly string[];
  readonly application?: string;
  readonly without?: readonly string[];
  readonly folder?: string;
  readonly standIns?: readonly string[];
  readonly prepare?: readonly string[];
  readonly init?: string;
  readonly registry?: object;
  readonly registered?: { readonly environments?: object };
  readonly environment?: string;
  readonly protected?: boolean;
  readonly by?: 'make';
  readonly database?: { readonly service?: string; readonly user?: string; readonly name?: string };
  readonly psql?: string;
  readonly versions?: Readonly<Record<string, readonly string[]>>;
  readonly rebuilt?: string;
  readonly steps?: Partial<Readonly<Record<Step, Expectation>>>;
}

export const zooNames = (): string[] => readdirSync(join(ZOO, 'repositories')).sort();

/** What zoo.json may leave out. */
const USUAL: Omit<Complete, Open | 'about' | 'folder'> = {
  layers: ['compose', 'application'],
  application: '.',
  without: [],
  standIns: [],
  prepare: [],
  init: '',
  registered: {},
  environment: 'dev',
  protected: false,
  psql: '',
  versions: { alembic_version: ['0002'] },
  rebuilt: `SELECT to_regclass('items') IS NOT NULL`,
  steps: {},
};

type Complete = Required<Omit<Stated, Open>> & Pick<Stated, Open>;
type Open = 'registry' | 'by' | 'database';

/** A copy of a repository of the zoo, as a person has it who has just installed makesafe in a clone. */
export class ZooRepository {
  readonly name: string;
  readonly stated: Complete;
  readonly database: Required<NonNullable<Stated['database']>>;
  /** Begins the name of all that the engine keeps for it. */
  readonly prefix: string;
  #outside = '';
  #port = 0;
  /** The engine may have something of it. */
  #hasRun = false;
  /** Image names that were not there before. */
  readonly #tagged: string[] = [];

  constructor(name: string, prefix = `zoo-${randomBytes(4).toString('hex')}`) {
    this.name = name;
    this.prefix = prefix;
    const text = readFileSync(join(ZOO, 'repositories', name, 'zoo.json'), 'utf8');
    const stated = JSON.parse(text.replaceAll('ZOO_PREFIX', this.prefix)) as Stated;
    this.stated = { ...USUAL, folder: `${this.prefix}-shop`, ...stated };
    this.database = { service: 'db', user: 'shop', name: 'shopdb', ...stated.database };
  }

  get root(): string {
    return join(this.#outside, this.stated.folder);
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  async make(): Promise<void> {
    await this.lay(await freePort());
    const { standIns, prepare } = this.stated;
    this.#hasRun = true;
    await this.#install();
    for (const image of standIns) if (await standIn(image)) this.#tagged.push(image);
    for (const line of prepare) await must(['sh', '-ec', this.#filled(line)], { cwd: this.root });
  }

  /** Its files, in a repository of git's. */
  async lay(port: number): Promise<void> {
    this.#outside = realpathSync(mkdtempSync(join(tmpdir(), 'makesafe-zoo-')));
    removeIfWeEnd(this.#outside, this.prefix);
    this.#port = port;
    const { layers, application, without } = this.stated;
    for (const layer of layers)
      this.#lay(join(ZOO, 'shared', layer), layer.startsWith('application') ? application : '.');
    for (const name of without) rmSync(this.path(name), { recursive: true });
    this.#lay(join(ZOO, 'repositories', this.name), '.');
    rmSync(this.path('zoo.json'));
    await must(['git', 'init', '--quiet'], { cwd: this.root });
    await must(['git', 'add', '--all'], { cwd: this.root });
    const author = ['-c', 'user.name=zoo', '-c', 'user.email=zoo@localhost'];
    await must(['git', ...author, 'commit', '--quiet', '--message', 'As it is'], { cwd: this.root });
  }

  /** Files of the zoo into the copy: `dot.env` is `.env`, and what is the copy's own is filled in, in names as well. */
  #lay(from: string, to: string): void {
    for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
      const file = join(from, name);
      if (!statSync(file).isFile()) continue;
      const path = this.path(to, this.#filled(name).replace(/(^|\/)dot\./g, '$1.'));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, this.#filled(readFileSync(file, 'utf8')));
      chmodSync(path, path.endsWith('.secrets') ? 0o600 : statSync(file).mode);
    }
  }

  #filled(text: string): string {
    return text.replaceAll('ZOO_PREFIX', this.prefix).replaceAll('ZOO_PORT', String(this.#port));
  }

  /** As npm would, without packing: its files are copied, what it depends on are links. */
  async #install(): Promise<void> {
    const { files } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { files: string[] };
    for (const file of ['package.json', ...files.filter((file) => file !== 'dist')])
      cpSync(join(PROJECT, file), this.path('node_modules/makesafe', file), { recursive: true });
    await must([process.execPath, 'scripts/build-package.mjs', this.path('node_modules/makesafe/dist')], {
      cwd: PROJECT,
    });
    linkDependencies(this.root);
  }

  /** Beside what init writes, or in its place. */
  writeRegistry(registry: object): void {
    mkdirSync(this.path('env'), { recursive: true });
    const text = this.#filled(JSON.stringify(registry, null, 2));
    writeFileSync(this.path('env/environments.ts'), `export default ${text};\n`);
  }

  /** A line as a person types it: a task of makesafe, or a line for the shell. */
  type(typed: string): Promise<Ran> {
    const line = this.#filled(typed);
    const [npx, makesafe, task, ...words] = line.split(' ').filter(Boolean);
    if (npx !== 'npx' || makesafe !== 'makesafe') return this.#run(['sh', '-ec', line]);
    return task === 'init' ? this.#init(words) : this.task(task!, ...words);
  }

  task(task: string, ...words: string[]): Promise<Ran> {
    if (this.stated.by === 'make') return this.#run(['make', task, ...words]);
    // Without npx, which takes longer to start than the task itself.
    const script = this.path('node_modules/makesafe/dist/tasks', `${task}.js`);
    return this.#run([process.execPath, script, ...words]);
  }

  #init(words: readonly string[]): Promise<Ran> {
    const program = this.path('node_modules/makesafe/bin/makesafe.js');
    return this.#run([process.execPath, program, 'init', ...words]);
  }

  /** What does not come to an end is ended, which is a status of its own. */
  #run(command: readonly string[]): Promise<Ran> {
    const running = start(command, { cwd: this.root });
    const timer = setTimeout(() => running.interrupt('SIGKILL'), 240_000);
    return running.ended.finally(() => clearTimeout(timer));
  }

  /** The container of the database, as the engine names it: running, unless all are asked for. */
  async container(...which: '--all'[]): Promise<string | undefined> {
    const label = `label=com.docker.compose.service=${this.database.service}`;
    const found = await docker('ps', ...which, '--format', '{{.Names}}', '--filter', label);
    return found.split('\n').find((name) => name.startsWith(this.prefix));
  }

  /** What makesafe has made for itself, and has to remove before its task ends, however that ends. */
  async leftovers(): Promise<string> {
    const filters = ['--filter', 'label=makesafe.migrations', '--filter', `name=${this.prefix}`];
    return docker('ps', '--all', '--format', '{{.Names}} {{.Status}}', ...filters);
  }

  /** Asks the database by its own container's psql, past the code under test. */
  async sql(statement: string): Promise<string> {
    const container = await this.container();
    if (container === undefined) throw new Error('no container of the database runs');
    const { user, name } = this.database;
    const psql = `PGPASSWORD="\${POSTGRES_PASSWORD:-}" exec psql -XAtq -v ON_ERROR_STOP=1 -U '${user}' -d '${name}' ${this.stated.psql} -f -`;
    const command = ['docker', 'exec', '-i', container, 'sh', '-c', psql];
    const { status, stdout, stderr } = await run(command, { input: statement });
    if (status !== 0) throw new Error(`${statement}\n${stderr}`);
    return stdout.trimEnd();
  }

  /** An image that was built anew has left its name to the next one. */
  async #removeBuilt(): Promise<void> {
    const label = 'com.docker.compose.project';
    const filters = ['--filter', 'dangling=true', '--filter', `label=${label}`];
    const images = (await docker('image', 'ls', '--quiet', ...filters)).split('\n').filter(Boolean);
    // Another run may have removed one of its own meanwhile: the others are told all the same.
    const format = `{{.Id}} {{index .Config.Labels "${label}"}}`;
    const { stdout } = await run(['docker', 'image', 'inspect', '--format', format, ...images]);
    const ours = stdout.split('\n').filter((line) => line.split(' ')[1]?.startsWith(this.prefix));
    if (ours.length > 0) await docker('image', 'rm', ...new Set(ours.map((line) => line.split(' ')[0]!)));
  }

  async dispose(): Promise<void> {
    if (this.#hasRun) await removeFromEngine(this.prefix);
    if (this.#hasRun) await this.#removeBuilt();
    if (this.#tagged.length > 0) await docker('image', 'rm', ...this.#tagged);
    if (this.#outside === '') return;
    await removeFolder(this.#outside);
    wasRemoved(this.#outside);
  }
}

/**
 * The stand-in of postgres:17 under the name of another image, where that one is not there and cannot be fetched.
 *
 * @returns whether there is a new name
 */
async function standIn(image: string): Promise<boolean> {
  const { status } = await run(['docker', 'image', 'inspect', image]);
  const label = '{{index .Config.Labels "makesafe.stand-in"}}';
  if (status === 0 || (await docker('image', 'inspect', '--format', label, 'postgres:17')) !== 'true')
    return false;
  await docker('tag', 'postgres:17', image);
  return true;
}
