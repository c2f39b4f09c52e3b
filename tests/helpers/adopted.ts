import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { must, run, start, type Ran, type RunOptions, type Running } from './processes.ts';
import { removeIfWeEnd, wasRemoved } from './reaper.ts';
import { removeFolder, removeFromEngine } from './scratch.ts';

const PROJECT = join(import.meta.dirname, '../..');
const FIXTURE = join(import.meta.dirname, '../fixtures/shop');

/**
 * Somebody else's repository (tests/fixtures/shop), in which makesafe is installed from its tarball as npm would do
 * it, but for the network: the dependencies are links to those of this project, without what is for development only.
 */
export function useAdopted(options: AdoptedOptions = {}): Adopted {
  const adopted = new Adopted(options);
  beforeAll(() => adopted.make(), 300_000);
  afterAll(() => adopted.dispose(), 300_000);
  return adopted;
}

export interface AdoptedOptions {
  /** False puts the container engine out of reach. */
  readonly engine?: boolean;
  /** False leaves the tarball beside the repository: the test installs it. */
  readonly installed?: boolean;
}

export class Adopted {
  /** The repository's folder has this name, and compose calls the project after that. */
  readonly project = `makesafe-e2e-${randomBytes(4).toString('hex')}-shop`;
  readonly #engine: boolean;
  readonly #installed: boolean;
  #outside = '';
  #tarball = '';

  constructor({ engine = true, installed = true }: AdoptedOptions) {
    this.#engine = engine;
    this.#installed = installed;
  }

  get tarball(): string {
    return this.#tarball;
  }

  get root(): string {
    return join(this.#outside, this.project);
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  exists(file: string): boolean {
    return existsSync(this.path(file));
  }

  write(file: string, content: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), content);
  }

  remove(...files: string[]): void {
    for (const file of files) rmSync(this.path(file), { recursive: true, force: true });
  }

  async make(): Promise<void> {
    this.#outside = realpathSync(mkdtempSync(join(tmpdir(), 'makesafe-e2e-')));
    removeIfWeEnd(this.#outside, this.#engine ? this.project : null);
    cpSync(FIXTURE, this.root, { recursive: true });
    // Git would not keep one of this name.
    renameSync(this.path('env'), this.path('.env'));
    this.#tarball = await pack(this.#outside);
    if (!this.#installed) return;
    mkdirSync(this.path('node_modules'));
    await must(['tar', '-xzf', this.#tarball, '-C', this.path('node_modules')]);
    renameSync(this.path('node_modules/package'), this.path('node_modules/makesafe'));
    linkDependencies(this.root);
  }

  /** `make …` as typed. */
  runMake(words: string, options: RunOptions = {}): Promise<Ran> {
    return this.run(['make', ...words.split(' ').filter(Boolean)], options);
  }

  /** `npx makesafe …` as typed, without npx, which takes as long to start as the rest. */
  makesafe(words: string, options: RunOptions = {}): Promise<Ran> {
    const program = this.path('node_modules/.bin/makesafe');
    return this.run([process.execPath, program, ...words.split(' ').filter(Boolean)], options);
  }

  run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.start(command, options).ended;
  }

  start(command: readonly string[], options: RunOptions = {}): Running {
    const unreachable = this.#engine ? {} : { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    return start(command, { cwd: this.root, ...options, env: { ...unreachable, ...options.env } });
  }

  async dispose(): Promise<void> {
    if (this.#outside === '') return;
    if (this.#engine) await removeFromEngine(this.project);
    await removeFolder(this.#outside);
    wasRemoved(this.#outside);
  }
}

/** The tarball that `npm pack` makes. It is made in a copy: another test may be packing, too. */
export async function pack(folder: string): Promise<string> {
  const copy = join(folder, 'makesafe');
  const packed = [
    'lib',
    'tasks',
    'bin',
    'completion',
    'scripts',
    'docs',
    'makesafe.mk',
    'tsconfig.package.json',
  ];
  for (const name of [...packed, 'package.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE'])
    cpSync(join(PROJECT, name), join(copy, name), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  const { status, stdout, stderr } = await run(['npm', 'pack', '--silent', '--pack-destination', folder], {
    cwd: copy,
  });
  rmSync(copy, { recursive: true });
  if (status !== 0) throw new Error(`npm pack: ${stdout}${stderr}`);
  return join(folder, stdout.trim().split('\n').at(-1)!);
}

/** The rest of an installation of makesafe: links to this project's dependencies, and the programs. */
export function linkDependencies(root: string): void {
  const modules = join(root, 'node_modules');
  for (const name of runtimeDependencies()) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules', name), join(modules, name));
  }
  mkdirSync(join(modules, '.bin'));
  symlinkSync('../makesafe/bin/makesafe.js', join(modules, '.bin/makesafe'));
  symlinkSync('../tsx/dist/cli.mjs', join(modules, '.bin/tsx'));
}

/** What `npm install --omit=dev` would install beside the package, as far as it is there for this platform. */
function runtimeDependencies(): string[] {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path.slice('node_modules/'.length))
    .filter((name) => existsSync(join(PROJECT, 'node_modules', name)));
}
