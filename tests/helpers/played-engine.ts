import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { openEngine, type Engine } from '../../lib/stack/compose/engine/engine.ts';

interface Command {
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly AttachStdin: boolean;
  readonly WorkingDir?: string;
  status?: number;
}

/** In the place of a container engine: runs on this machine what is to be run in the container `here`. */
export class PlayedEngine {
  readonly commands: Command[] = [];
  /** To the commands, one for each. */
  readonly connections: Duplex[] = [];
  /** Bytes that are sent at once; a network keeps to nobody's bounds. */
  pieces: number | undefined;
  readonly #socket: string;
  readonly #path: string;
  #server: Server | undefined;

  /** @param path where its commands are looked for first */
  constructor(socket: string, path = '') {
    this.#socket = socket;
    this.#path = path;
  }

  async start(): Promise<Engine> {
    this.#server = createServer((request, response) => {
      if (request.url === '/_ping') return void response.end('OK');
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const { status, answer } = this.#answer(request.url!, body);
        response.writeHead(status).end(JSON.stringify(answer));
      });
    });
    this.#server.on('upgrade', ({ url }, connection) => this.#run(Number(url!.split('/')[2]), connection));
    await once(this.#server.listen(this.#socket), 'listening');
    const complaint = 'echo Cannot connect to the Docker daemon >&2; exit 1';
    return openEngine(() => ({ file: 'sh', args: ['-c', complaint] }), this.#socket);
  }

  stop(): void {
    this.connections.forEach((connection) => connection.destroy());
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #answer(url: string, body: string): { status: number; answer: object } {
    const [, kind, id] = url.split('/');
    if (kind === 'containers') {
      if (id !== 'here') return { status: 404, answer: { message: `No such container: ${id}` } };
      return { status: 201, answer: { Id: String(this.commands.push(JSON.parse(body) as Command) - 1) } };
    }
    const { status } = this.commands[Number(id)]!;
    return { status: 200, answer: { ExitCode: status ?? null, Running: status === undefined } };
  }

  #run(id: number, connection: Duplex): void {
    connection.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    this.connections.push(connection);
    connection.on('error', () => {});
    const command = this.commands[id]!;
    const [file, ...args] = command.Cmd as [string, ...string[]];
    const env = Object.fromEntries(
      command.Env.map((variable) => variable.split(/=(.*)/s) as [string, string]),
    );
    const child = spawn(file, args, {
      env: { PATH: `${this.#path}:${process.env['PATH']}`, ...env },
      ...(command.WorkingDir === undefined ? {} : { cwd: command.WorkingDir }),
    });
    child.stdin.on('error', () => {});
    if (command.AttachStdin) connection.pipe(child.stdin);
    else child.stdin.end();
    child.stdout.on('data', (data: Buffer) => this.#send(connection, 1, data));
    child.stderr.on('data', (data: Buffer) => this.#send(connection, 2, data));
    child.on('close', (status, signal) => {
      command.status = status ?? (signal === 'SIGKILL' ? 137 : 1);
      connection.end();
    });
  }

  #send(connection: Duplex, stream: 1 | 2, data: Buffer): void {
    const head = Buffer.alloc(8);
    head[0] = stream;
    head.writeUInt32BE(data.length, 4);
    const all = Buffer.concat([head, data]);
    const size = this.pieces ?? all.length;
    for (let at = 0; at < all.length; at += size) connection.write(all.subarray(at, at + size));
  }
}
