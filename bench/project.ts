import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EnvironmentEntry, Registry } from '../lib/environment/entry.ts';

export const PROJECT = join(import.meta.dirname, '..');
/** What a copy of the project needs. */
export const COPIED = [
  ...[
    'makefile',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tasks',
    'lib',
    'env',
    'docker',
    'scripts',
  ],
  ...['app', 'bench/empty.ts'],
];

/** A copy of the project with a compose project of its own, and the raw commands of the runbook for it. */
export class BenchProject {
  readonly root = mkdtempSync(join(tmpdir(), 'makesafe-bench-'));
  readonly project = `makesafe-bench-${process.pid}`;
  readonly compose =
    `docker compose --env-file env/.env.common --env-file env/.env.vm_stg --env-file secrets/.env.vm_stg.secrets ` +
    `-p ${this.project} -f docker/docker-compose.stg.yml`;

  constructor(registry: Registry) {
    for (const name of COPIED) cpSync(join(PROJECT, name), join(this.root, name), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), join(this.root, 'node_modules'));
    const entries = Object.entries<EnvironmentEntry>(registry.environments).map(
      ([name, entry]): [string, EnvironmentEntry] => [
        name,
        name === 'vm_stg' ? { ...entry, project: this.project } : entry,
      ],
    );
    const changed = { ...registry, environments: Object.fromEntries(entries) };
    this.write('env/environments.ts', `export default ${JSON.stringify(changed, null, 2)};\n`);
    this.write('secrets/.env.vm_stg.secrets', 'POSTGRES_PASSWORD=bench\n', 0o600);
    this.write('env/.env.vm_stg', 'POSTGRES_USER=app_stg\nPOSTGRES_DB=core_stg\nHTTP_PORT=0\n');
  }

  write(file: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), content, { mode });
  }

  /** Runs a shell script in the copy. @returns seconds */
  shell(script: string): number {
    return this.#time('bash', ['-c', `set -e\n${script}`]);
  }

  /** Runs a task without npx, whose start-up is measured by itself. @returns seconds */
  task(name: string, ...words: string[]): number {
    return this.#time(process.execPath, ['--import', 'tsx', `tasks/${name}.ts`, ...words]);
  }

  /**
   * A task with a guard, as its screen divides it: the person sees there what will be destroyed.
   *
   * @returns seconds until the screen, with the start of the script; from the screen to the end; from the screen to the
   *   [ok], behind which some tasks tidy up
   */
  async aroundScreen(
    name: string,
    ...words: string[]
  ): Promise<{ before: number; after: number; toOk: number }> {
    const { screen, ok, end } = await this.#stamped(name, words);
    if (screen === undefined) throw new Error(`${name} has shown no screen`);
    return { before: screen, after: end - screen, toOk: (ok ?? end) - screen };
  }

  /** A task that tidies up behind its [ok]. @returns seconds until the [ok], with the start of the script */
  async untilOk(name: string, ...words: string[]): Promise<number> {
    const { ok, end } = await this.#stamped(name, words);
    return ok ?? end;
  }

  /** Runs a task. @returns when it said what, in seconds after its start */
  async #stamped(
    name: string,
    words: readonly string[],
  ): Promise<{ screen: number | undefined; ok: number | undefined; end: number }> {
    const args = ['--import', 'tsx', `tasks/${name}.ts`, ...words];
    const task = spawn(process.execPath, args, { cwd: this.root, stdio: ['ignore', 'ignore', 'pipe'] });
    const began = performance.now();
    const since = (): number => (performance.now() - began) / 1000;
    let said = '';
    let screen: number | undefined;
    let ok: number | undefined;
    task.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('this will be ')) screen ??= since();
      if (said.includes('[ok]')) ok ??= since();
    });
    const [status] = (await once(task, 'close')) as [number];
    if (status !== 0) throw new Error(`${name} ended with ${status}:\n${said}`);
    return { screen, ok, end: since() };
  }

  /** Runs a script as people do. @returns seconds; `status` is what it has to end with */
  npx(script: string, words: readonly string[] = [], status = 0): number {
    return this.#time('npx', ['--no-install', 'tsx', script, ...words], status);
  }

  #time(file: string, args: readonly string[], expected = 0): number {
    const began = performance.now();
    const { status, stderr } = spawnSync(file, args, {
      cwd: this.root,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      maxBuffer: 1e9,
    });
    const seconds = (performance.now() - began) / 1000;
    if (status !== expected) throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stderr}`);
    return seconds;
  }

  dispose(): void {
    spawnSync('bash', ['-c', `${this.compose} down -v --remove-orphans`], { cwd: this.root });
    rmSync(this.root, { recursive: true, force: true });
  }
}
