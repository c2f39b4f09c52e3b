import { createServer, connect as connectSocket, type Socket } from 'node:net';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type EmbeddedScratch } from './embedded.ts';
import { MANAGED } from './managed-server.ts';
import { succeeded } from './processes.ts';

/** The environment whose embedded server is the standby of `managed`. */
export const STANDBY = 'standby';

const administrator = { user: 'administrator', database: 'postgres' };

/** Makes a standby of the managed server, and waits until it follows. */
export async function startStandby(scratch: EmbeddedScratch): Promise<void> {
  succeeded(await scratch.runTask(`down ENV=${MANAGED}`));
  cpSync(scratch.data(MANAGED), scratch.data(STANDBY), { recursive: true });
  succeeded(await scratch.runTask(`up ENV=${MANAGED}`));
  const { port } = scratch.server(MANAGED);
  const { user } = administrator;
  const conninfo = `host=127.0.0.1 port=${port} user=${user} password=${scratch.password(MANAGED)}`;
  writeFileSync(join(scratch.data(STANDBY), 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`, {
    mode: 0o600,
  });
  writeFileSync(join(scratch.data(STANDBY), 'standby.signal'), '');
  // It starts the server, and then refuses the marker of the managed one.
  await scratch.runTask(`up ENV=${STANDBY}`);
  const client = await connect(scratch, { environment: MANAGED, ...administrator });
  const streaming = async (): Promise<boolean> =>
    (await client.query(`SELECT FROM pg_stat_replication WHERE state = 'streaming'`)).rowCount === 1;
  while (!(await streaming()));
  await client.end();
}

/** The standby becomes a primary. The old primary knows nothing of it. */
export async function promote(scratch: EmbeddedScratch): Promise<void> {
  const client = await connect(scratch, { environment: STANDBY, ...administrator });
  await client.query('SELECT pg_promote()');
  await client.end();
}

/** An address that leads to one of several servers, as that of a load balancer does. */
export interface Balancer {
  readonly port: number;
  /** Leads to another port from now on, and ends all connections. */
  readonly turn: (to: number) => void;
}

export async function startBalancer(port: number, to: number): Promise<Balancer> {
  let target = to;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connectSocket(target, '127.0.0.1');
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy()).on('close', () => (open.delete(one), other.destroy()));
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    turn(next) {
      target = next;
      for (const socket of open) socket.destroy();
    },
  };
}
