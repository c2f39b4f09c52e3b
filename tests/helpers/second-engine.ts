import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, run } from './processes.ts';

/**
 * A machine of its own as far as an engine can tell: its name, its network, its processes, and its files where they are
 * covered. `$1` is the machine's name, `$2` the engine's folder; what follows is covered with an empty folder.
 */
const MACHINE = `
  set -e
  name=$1 folder=$2; shift 2
  hostname "$name"
  mount --make-rprivate /
  for covered; do mount -t tmpfs none "$covered"; done
  exec dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \\
    --host "unix://$folder/docker.sock"
`;

/** Why there can be no second engine here; empty when there can. */
export const noSecondEngine = process.getuid?.() === 0 ? '' : 'only root can start a second engine';

/** A second container engine, which shares nothing with the first one but the kernel. */
export class SecondEngine {
  readonly #folder: string;
  readonly #name: string;
  #process: ChildProcess | undefined;
  #door: Server | undefined;

  constructor(name: string, folder: string) {
    this.#name = name;
    this.#folder = folder;
  }

  get #socket(): string {
    return join(this.#folder, 'docker.sock');
  }

  get endpoint(): string {
    return `unix://${this.#socket}`;
  }

  /**
   * The same over TCP, on a port of this machine's loopback: the engine's own network is out of reach. Until it stops.
   *
   * @returns what a context has for its host
   */
  async overTcp(): Promise<string> {
    // One direction may end before the other: so does the input of `docker exec -i`.
    const allowHalfOpen = true;
    const door = createServer({ allowHalfOpen }, (client) => {
      const engine = connect({ path: this.#socket, allowHalfOpen });
      for (const [from, to] of [
        [client, engine],
        [engine, client],
      ] as const)
        from.pipe(to).on('error', () => from.destroy());
    });
    this.#door = door;
    await once(door.listen(0, '127.0.0.1'), 'listening');
    return `tcp://127.0.0.1:${(door.address() as AddressInfo).port}`;
  }

  /** @param covered folders of this machine that the engine's machine has empty */
  async start(...covered: string[]): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const log = join(this.#folder, 'log');
    const output = openSync(log, 'w');
    const namespaces = ['--mount', '--uts', '--net', '--pid', '--mount-proc', '--fork', '--kill-child'];
    const words = [...namespaces, 'sh', '-c', MACHINE, 'sh', this.#name, this.#folder, ...covered];
    this.#process = spawn('unshare', words, { stdio: ['ignore', output, output], detached: true });
    for (const deadline = performance.now() + 60_000; ; await sleep(100)) {
      const { status, stdout } = await run([
        'docker',
        '--host',
        this.endpoint,
        'info',
        '--format',
        '{{.Name}}',
      ]);
      if (status === 0 && stdout.trim() === this.#name) return;
      if (performance.now() > deadline || this.#process.exitCode !== null)
        throw new Error(`the second engine did not start:\n${readFileSync(log, 'utf8')}`);
    }
  }

  /** Copies images from the first engine. */
  async load(...images: string[]): Promise<void> {
    const archive = join(this.#folder, 'images.tar');
    await must(['docker', 'save', '--output', archive, ...images]);
    await this.docker('load', '--quiet', '--input', archive);
    rmSync(archive);
  }

  docker = (...args: string[]): Promise<string> => must(['docker', '--host', this.endpoint, ...args]);

  /** Ends it with all that runs on it. */
  async stop(): Promise<void> {
    this.#door?.close();
    if (this.#process === undefined) return;
    const ids = (await this.docker('ps', '--all', '--quiet').catch(() => '')).split('\n').filter(Boolean);
    // While the engine is there to clear up behind them.
    if (ids.length > 0) await this.docker('rm', '--force', ...ids).catch(() => '');
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      // It leaves SIGTERM to what it started; with its own end, everything in its namespaces ends.
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
