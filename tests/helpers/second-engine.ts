import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, run } from './processes.ts';
import { freePort } from './free-port.ts';

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

const SSHD = '/usr/sbin/sshd';
/** Why nobody can come over SSH here; empty when somebody can. Where all tests are required, a missing one fails. */
export const noSsh =
  existsSync(SSHD) || process.env['MAKESAFE_E2E'] === 'required' ? '' : 'no openssh-server is installed';

const isListening = async (port: number): Promise<boolean> => {
  const connection = connect({ host: '127.0.0.1', port });
  const listens = await once(connection, 'connect').then(
    () => true,
    () => false,
  );
  connection.destroy();
  return listens;
};

/** A second container engine, which shares nothing with the first one but the kernel. */
export class SecondEngine {
  readonly #folder: string;
  readonly #name: string;
  #process: ChildProcess | undefined;
  #door: Server | undefined;
  #sshd: ChildProcess | undefined;

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

  /**
   * The same over SSH: a door on loopback that lets in one key, and lets it do nothing but talk to the engine.
   *
   * @returns what a context has for its host, and the folder of the `ssh` that knows door and key: to be first on PATH
   */
  async overSsh(): Promise<{ host: string; path: string }> {
    const folder = join(this.#folder, 'ssh');
    mkdirSync(folder);
    for (const key of ['door', 'person'])
      await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
    const only = `restrict,command="docker --host ${this.endpoint} system dial-stdio"`;
    writeFileSync(join(folder, 'allowed'), `${only} ${readFileSync(join(folder, 'person.pub'), 'utf8')}`);
    writeFileSync(
      join(folder, 'ssh'),
      `#!/bin/sh
exec /usr/bin/ssh -F none -i ${folder}/person -o StrictHostKeyChecking=accept-new \
  -o UserKnownHostsFile=${folder}/known -o LogLevel=ERROR "$@"
`,
      { mode: 0o755 },
    );
    const port = await freePort();
    const options = Object.entries({
      ListenAddress: `127.0.0.1:${port}`,
      AuthorizedKeysFile: join(folder, 'allowed'),
      // The folder is nobody's home.
      StrictModes: 'no',
      UsePAM: 'no',
      PidFile: 'none',
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    mkdirSync('/run/sshd', { recursive: true });
    const words = ['-D', '-e', '-f', '/dev/null', '-h', join(folder, 'door'), ...options];
    const log = openSync(join(folder, 'log'), 'w');
    this.#sshd = spawn(SSHD, words, { stdio: ['ignore', log, log] });
    for (const deadline = performance.now() + 30_000; !(await isListening(port)); await sleep(50))
      if (performance.now() > deadline)
        throw new Error(`no SSH server:\n${readFileSync(join(folder, 'log'), 'utf8')}`);
    return { host: `ssh://root@127.0.0.1:${port}`, path: folder };
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

  /** Ends it as a power cut does, with all that runs on it, and starts it again on what is on its disk. */
  async restart(): Promise<void> {
    const ended = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await ended;
    // What says that it runs: its own process id, and that of its containerd.
    for (const left of ['pid', 'exec', 'docker.sock'])
      rmSync(join(this.#folder, left), { recursive: true, force: true });
    await this.start();
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
    this.#sshd?.kill();
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
