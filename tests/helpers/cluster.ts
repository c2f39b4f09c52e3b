import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { endProcessesOf, gone, processes, useEmbedded, type EmbeddedScratch } from './embedded.ts';
import type { EnvironmentEntry } from '../../lib/environment/entry.ts';
import type { ServerEntry } from '../../lib/environment/server-entry.ts';
import { AUTHORITY, makeAuthority } from './managed-server.ts';
import { parentOf } from '../../lib/system/process-id.ts';
import { must } from './processes.ts';
import { freePort } from './free-port.ts';
import type { ScratchOptions } from './scratch.ts';
import { startTap, type Tap } from './tap.ts';

/** The role of the tests' environments on a cluster. It is no superuser. */
export const APP = { POSTGRES_USER: 'app_stg', POSTGRES_PASSWORD: 'loopback-7391', POSTGRES_DB: 'core' };

/** Seconds for a cluster to elect a primary, and for a node to come back behind it: many, on a machine that is busy. */
const PATIENCE = 300;

/** Milliseconds between two questions. */
const PAUSE = 100;

const POOL_MODES = ['session', 'transaction'] as const;

/** One PostgreSQL of the cluster, with the Patroni that runs it. */
export interface ClusterNode {
  readonly name: string;
  readonly port: number;
  /** Patroni's own address, which says who is the primary. */
  readonly rest: string;
}

const freePorts = (count: number): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, () => freePort()));

export type PoolMode = (typeof POOL_MODES)[number];

/** The addresses of a cluster. They are known before it runs, because a registry names them. */
export interface Addresses {
  readonly nodes: readonly ClusterNode[];
  /** HAProxy: leads to the node of which Patroni says that it is the primary. */
  readonly balancer: number;
  /** HAProxy: leads to the other nodes. */
  readonly replicas: number;
  /** pgbouncer in front of HAProxy, by how it hands out sessions. */
  readonly poolers: Readonly<Record<PoolMode, number>>;
  readonly etcd: readonly [client: number, peer: number];
}

async function freeAddresses(): Promise<Addresses> {
  const [balancer, replicas, session, transaction, client, peer, ...ports] = (await freePorts(12)) as [
    ...[number, number, number, number, number, number],
    ...number[],
  ];
  const nodes = [0, 1, 2].map((index) => ({
    name: `n${index + 1}`,
    port: ports[2 * index]!,
    rest: `http://127.0.0.1:${ports[2 * index + 1]!}`,
  }));
  return { nodes, balancer, replicas, poolers: { session, transaction }, etcd: [client, peer] };
}

/** The environment on the cluster. */
export const ENVIRONMENT = 'vm_stg';

/** Its entry; the authority's certificate comes with the cluster. */
const onCluster = (server: ServerEntry, more: Partial<EnvironmentEntry> = {}): ScratchOptions => ({
  environments: {
    [ENVIRONMENT]: {
      entry: {
        ...{ stack: 'server', server, alembicIni: 'app/backend/core_api/migrations/alembic.ini' },
        ...more,
      },
      env: APP,
    },
  },
});

/** The servers have a certificate for localhost. */
export const throughPort = (port: number): ServerEntry => ({ host: 'localhost', port, caFile: AUTHORITY });

/** An entry that names all nodes. */
export const throughHosts = ({ nodes }: Addresses, status = false): ServerEntry => ({
  hosts: nodes.map(({ port }) => ({ host: 'localhost', port })),
  ...(status && { status: nodes.map(({ rest }) => `${rest}/primary`) }),
  caFile: AUTHORITY,
});

/** The same environment, with another way to its server. */
export function leadTo(
  scratch: EmbeddedScratch,
  server: ServerEntry,
  more: Partial<EnvironmentEntry> = {},
): void {
  const file = 'env/environments.ts';
  const [, data] = scratch.read(file).match(/^export default (.*);\n$/s)!;
  const registry = JSON.parse(data!) as { readonly environments: Record<string, EnvironmentEntry> };
  registry.environments[ENVIRONMENT] = { ...registry.environments[ENVIRONMENT]!, server, ...more };
  scratch.write(file, `export default ${JSON.stringify(registry, null, 2)};\n`);
}

/** A cluster, and a scratch copy whose environment is on it. */
export interface OnCluster {
  readonly scratch: EmbeddedScratch;
  readonly cluster: Cluster;
  readonly addresses: Addresses;
}

/**
 * A cluster of its own for the surrounding suite, from before its first test to behind its last. The environment's database
 * is up before the first.
 *
 * @param server the way that the entry has to it
 * @param more of the entry
 */
export async function useCluster(
  server: (addresses: Addresses) => ServerEntry,
  more: Partial<EnvironmentEntry> = {},
): Promise<OnCluster> {
  const addresses = await freeAddresses();
  const scratch = useEmbedded(onCluster(server(addresses), more));
  const cluster = new Cluster(addresses);
  beforeAll(async () => {
    await cluster.start(join(scratch.outside, 'cluster'));
    scratch.write(AUTHORITY, cluster.authority());
    await scratch.mustTask(`up ENV=${ENVIRONMENT}`);
  }, PATIENCE * 1000);
  afterAll(() => cluster.stop(), PATIENCE * 1000);
  return { scratch, cluster, addresses };
}

/** Ways to the servers that see what clients send, without TLS. */
export class Taps {
  readonly #addresses: Addresses;
  #balanced!: Tap;
  #nodes: Tap[] = [];

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  async start(): Promise<void> {
    const { balancer, nodes } = this.#addresses;
    [this.#balanced, ...this.#nodes] = (await Promise.all(
      [balancer, ...nodes.map(({ port }) => port)].map(startTap),
    )) as [Tap, ...Tap[]];
  }

  close(): void {
    for (const tap of [this.#balanced, ...this.#nodes]) tap.close();
  }

  /** An entry that names all nodes. */
  get hosts(): Extract<ServerEntry, { readonly hosts: unknown }> {
    return { hosts: this.#nodes.map(({ port }) => ({ host: LOOPBACK, port })), tls: 'disable' };
  }

  /** An entry that leads through HAProxy. */
  get balanced(): ServerEntry {
    return { host: LOOPBACK, port: this.#balanced.port, tls: 'disable' };
  }

  /** How an entry's address of a node is called on the screen. */
  nameOf(node: ClusterNode): string {
    return `${LOOPBACK}:${this.#nodes[this.#addresses.nodes.indexOf(node)]!.port}`;
  }

  /**
   * The next time that a client sends something that matches, `happens` runs before it arrives. Each way has a next time.
   *
   * @param happens is told the node, if the way does not lead through HAProxy
   */
  before(pattern: RegExp, happens: (node?: ClusterNode) => Promise<void>): void {
    this.#balanced.before(pattern, () => happens());
    for (const [index, tap] of this.#nodes.entries())
      tap.before(pattern, () => happens(this.#addresses.nodes[index]));
  }
}

const LOOPBACK = '127.0.0.1';

/** Taps of a cluster, for the surrounding suite. */
export function useTaps({ addresses }: OnCluster): Taps {
  const taps = new Taps(addresses);
  beforeAll(() => taps.start());
  afterAll(() => taps.close());
  return taps;
}

/**
 * Three nodes of PostgreSQL that Patroni keeps as one cluster, on loopback, from Debian's packages: with etcd, HAProxy
 * and pgbouncer. All of it works in one folder, and ends with `stop`.
 */
export class Cluster {
  readonly #addresses: Addresses;
  readonly #programs = new Map<string, ChildProcess>();
  readonly #silenced: number[] = [];
  #folder = '';

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  get nodes(): readonly ClusterNode[] {
    return this.#addresses.nodes;
  }

  /** The certificate of the authority that has signed that of the servers, for localhost. */
  authority(): string {
    return readFileSync(join(this.#folder, 'authority.pem'), 'utf8');
  }

  async start(folder: string): Promise<void> {
    this.#folder = folder;
    mkdirSync(join(folder, 'run'), { recursive: true });
    await this.#makeCertificates();
    const { etcd } = this.#addresses;
    for (const node of this.nodes) this.#write(`${node.name}.yml`, this.#patroni(node));
    this.#write('haproxy.cfg', this.#haproxy());
    this.#write('users.txt', `"${APP.POSTGRES_USER}" "${APP.POSTGRES_PASSWORD}"\n`);
    for (const mode of POOL_MODES) this.#write(`${mode}.ini`, this.#pgbouncer(mode));
    this.#write('roles', ROLES, 0o755);
    // PostgreSQL does not run as root.
    if (POSTGRES) await must(['chown', '-R', `${POSTGRES.uid}:${POSTGRES.gid}`, folder]);
    for (const path of [join(folder, '..'), folder]) chmodSync(path, 0o755);
    const [client, peer] = etcd.map((port) => `http://127.0.0.1:${port}`) as [string, string];
    await this.#run('etcd', 'etcd', [
      ...['--name', 'one', '--data-dir', join(folder, 'etcd')],
      ...['--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer],
      ...['--initial-advertise-peer-urls', peer, '--initial-cluster', `one=${peer}`],
    ]);
    await until('etcd', async () => (await statusOf(`${client}/health`)) === 200);
    for (const { name } of this.nodes) await this.#startNode(name);
    await this.#run('haproxy', 'haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')]);
    for (const mode of POOL_MODES) await this.#run(mode, 'pgbouncer', [join(folder, `${mode}.ini`)]);
    await this.whole();
  }

  /** Ends all that works in the cluster's folder. */
  async stop(): Promise<void> {
    if (this.#folder !== '') await endProcessesOf(this.#folder);
  }

  /** The node that Patroni calls the primary. */
  async primary(): Promise<ClusterNode> {
    let found: ClusterNode[] = [];
    await until('one primary', async () => {
      found = await this.#those('primary');
      return found.length === 1;
    });
    return found[0]!;
  }

  /** Waits until one node is the primary and the two others follow it. */
  async whole(): Promise<void> {
    await until('a whole cluster', async () => {
      const [primaries, replicas] = await Promise.all([this.#those('primary'), this.#those('replica')]);
      if (primaries.length !== 1 || replicas.length !== 2) return false;
      const asked = `SELECT count(*) AS n FROM pg_stat_replication WHERE state = 'streaming'`;
      const streaming = await this.ask(primaries[0]!, asked).catch(() => '');
      if (streaming !== '2') return false;
      // HAProxy notices a new primary a moment later.
      return (
        (await this.ask({ port: this.#addresses.balancer }, 'SELECT pg_is_in_recovery()').catch(() => '')) ===
        'false'
      );
    });
  }

  /** Waits until Patroni has chosen a standby that has to confirm commits. */
  async confirmed(): Promise<void> {
    const asked = `SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')`;
    await until(
      'a synchronous standby',
      async () => (await this.ask(await this.primary(), asked)) === 'true',
    );
  }

  /** A planned change of the primary. @param to the next one; by default Patroni chooses */
  async switchover(to?: ClusterNode): Promise<void> {
    const leader = await this.primary();
    const response = await fetch(`${leader.rest}/switchover`, {
      method: 'POST',
      body: JSON.stringify({ leader: leader.name, ...(to && { candidate: to.name }) }),
    });
    if (!response.ok) throw new Error(`switchover: ${response.status} ${await response.text()}`);
  }

  /**
   * Power cut: Patroni and PostgreSQL get SIGKILL. What the node held of the lease ends with it. Afterwards no session is
   * there any more: one that got a statement before it noticed would still answer it.
   */
  async kill(node: ClusterNode): Promise<void> {
    const postmaster = this.#postmaster(node);
    this.#signal(node, 'SIGKILL');
    // From then on it starts no others.
    process.kill(postmaster, 'SIGSTOP');
    const sessions = childrenOf(postmaster);
    process.kill(postmaster, 'SIGKILL');
    await Promise.all(sessions.map(gone));
    await this.#endLease();
  }

  /**
   * Patroni is stopped in its tracks, and PostgreSQL goes on: a primary that cannot renew its lease, and does not know.
   * The others elect another.
   */
  async cut(node: ClusterNode): Promise<void> {
    this.#signal(node, 'SIGSTOP');
    await this.#endLease();
  }

  /** A node stands still, its Patroni and its PostgreSQL: it confirms nothing, and answers nobody. */
  silence(node: ClusterNode): void {
    const postmaster = this.#postmaster(node);
    const silence = (pid: number): void => {
      process.kill(pid, 'SIGSTOP');
      this.#silenced.push(pid);
    };
    this.#signal(node, 'SIGSTOP');
    // From then on it starts no others, and none of them is reaped.
    silence(postmaster);
    childrenOf(postmaster).forEach(silence);
  }

  /** Waits until another node is the primary. */
  async elected(former: ClusterNode): Promise<ClusterNode> {
    let found: ClusterNode | undefined;
    await until(`a primary instead of ${former.name}`, async () => {
      found = (await this.#those('primary')).find(({ name }) => name !== former.name);
      return found !== undefined;
    });
    return found!;
  }

  /** Ends a cut or a silence, or starts a killed node again, and waits until the cluster is whole. */
  async heal(): Promise<void> {
    for (const pid of this.#silenced.splice(0)) process.kill(pid, 'SIGCONT');
    for (const node of this.nodes) {
      const program = this.#programs.get(node.name)!;
      if (program.exitCode === null && program.signalCode === null) this.#signal(node, 'SIGCONT');
      else await this.#startNode(node.name);
    }
    await this.whole();
  }

  /** A table in the environment's database: what is lost if that is. */
  async keep(rows = 1): Promise<void> {
    const primary = await this.primary();
    await this.ask(
      primary,
      `CREATE TABLE IF NOT EXISTS kept AS SELECT generate_series(1, ${rows}) AS n`,
      APP.POSTGRES_DB,
    );
    await this.ask(primary, `ALTER TABLE kept OWNER TO ${APP.POSTGRES_USER}`, APP.POSTGRES_DB);
  }

  /** Changes Patroni's configuration of the whole cluster. */
  async configure(change: object): Promise<void> {
    const { rest } = await this.primary();
    const response = await fetch(`${rest}/config`, { method: 'PATCH', body: JSON.stringify(change) });
    if (!response.ok) throw new Error(await response.text());
  }

  /** The first row's values of an administrator's question to one node, past the code under test. */
  async ask(to: { readonly port: number }, sql: string, database = 'postgres'): Promise<string> {
    const administrator = { POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: 'of-the-administrator' };
    const client = await this.connect(to, { ...administrator, POSTGRES_DB: database });
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return Object.values(rows[0] ?? {}).join('|');
    } finally {
      await client.end();
    }
  }

  /** A session of this test's own. */
  async connect(
    { port }: { readonly port: number },
    { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database }: typeof APP,
  ): Promise<pg.Client> {
    const client = new pg.Client({
      ...{ host: LOOPBACK, port, user, password, database },
      ...{ ssl: { rejectUnauthorized: false }, connectionTimeoutMillis: 5_000 },
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** What a program of the cluster has written, for a test that fails. */
  log(name: string): string {
    return readFileSync(join(this.#folder, `${name}.log`), 'utf8');
  }

  async #those(role: 'primary' | 'replica'): Promise<ClusterNode[]> {
    const answers = await Promise.all(this.nodes.map(({ rest }) => statusOf(`${rest}/${role}`)));
    return this.nodes.filter((_node, index) => answers[index] === 200);
  }

  /** As when the time of Patroni's lease is over: nobody waits for it. */
  async #endLease(): Promise<void> {
    const key = Buffer.from('/service/main/leader').toString('base64');
    const response = await fetch(`http://127.0.0.1:${this.#addresses.etcd[0]}/v3/kv/deleterange`, {
      method: 'POST',
      body: JSON.stringify({ key }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  #postmaster({ name }: ClusterNode): number {
    return Number(readFileSync(join(this.#folder, name, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  #signal({ name }: ClusterNode, signal: NodeJS.Signals): void {
    this.#programs.get(name)!.kill(signal);
  }

  #startNode(name: string): Promise<void> {
    return this.#run(name, 'patroni', [join(this.#folder, `${name}.yml`)]);
  }

  async #run(name: string, program: string, args: readonly string[]): Promise<void> {
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    const child = spawn(program, args, {
      ...{ cwd: this.#folder, stdio: ['ignore', log, log], ...POSTGRES },
      env: { PATH: process.env['PATH']!, HOME: this.#folder },
    });
    this.#programs.set(name, child);
    await once(child, 'spawn');
  }

  #write(file: string, content: string, mode = 0o600): void {
    writeFileSync(join(this.#folder, file), content, { mode });
  }

  async #makeCertificates(): Promise<void> {
    const at = (name: string): string => join(this.#folder, name);
    await makeAuthority(at('authority.pem'), at('authority.key'));
    await must([
      ...['openssl', 'req', '-x509', '-days', '2', '-subj', '/CN=localhost', '-nodes'],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
      ...['-CA', at('authority.pem'), '-CAkey', at('authority.key')],
      ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', at('server.key'), '-out', at('server.pem')],
    ]);
  }

  /** The waits are short, so that a failover takes seconds and not half a minute. */
  #patroni({ name, port, rest }: ClusterNode): string {
    const { etcd } = this.#addresses;
    const address = rest.slice('http://'.length);
    return JSON.stringify({
      ...{ scope: 'main', name, restapi: { listen: address, connect_address: address } },
      etcd3: { host: `127.0.0.1:${etcd[0]}` },
      bootstrap: {
        dcs: {
          ...{ ttl: 20, loop_wait: 1, retry_timeout: 5, maximum_lag_on_failover: 1_048_576 },
          // A primary that crashed is not waited for.
          primary_start_timeout: 0,
          postgresql: {
            ...{ use_pg_rewind: true, use_slots: true },
            parameters: { wal_level: 'logical', max_connections: 60, shared_buffers: '32MB', fsync: 'off' },
          },
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
        post_bootstrap: join(this.#folder, 'roles'),
      },
      postgresql: {
        ...{ listen: `127.0.0.1:${port}`, connect_address: `127.0.0.1:${port}` },
        ...{
          data_dir: join(this.#folder, name),
          bin_dir: BINARIES,
          pgpass: join(this.#folder, `${name}.pgpass`),
        },
        authentication: {
          superuser: { username: 'postgres', password: 'of-the-administrator' },
          replication: { username: 'replicator', password: 'of-the-replicator' },
        },
        parameters: {
          ...{ unix_socket_directories: join(this.#folder, 'run'), password_encryption: 'scram-sha-256' },
          ...{
            ssl: 'on',
            ssl_cert_file: join(this.#folder, 'server.pem'),
            ssl_key_file: join(this.#folder, 'server.key'),
          },
        },
        pg_hba: [
          'local all postgres trust',
          'hostssl replication replicator 127.0.0.1/32 scram-sha-256',
          'hostssl all all 127.0.0.1/32 scram-sha-256',
          // For a test that reads what is sent.
          'host all all 127.0.0.1/32 scram-sha-256',
        ],
      },
    });
  }

  #haproxy(): string {
    const listen = (role: string, port: number): string =>
      [
        `listen ${role}`,
        `  bind 127.0.0.1:${port}`,
        `  option httpchk GET /${role}`,
        '  http-check expect status 200',
        '  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions',
        ...this.nodes.map(
          (node) => `  server ${node.name} 127.0.0.1:${node.port} check port ${new URL(node.rest).port}`,
        ),
      ].join('\n');
    return [
      'global\n  maxconn 200',
      'defaults\n  mode tcp\n  timeout connect 3s\n  timeout client 30m\n  timeout server 30m\n  timeout check 1s',
      listen('primary', this.#addresses.balancer),
      `${listen('replica', this.#addresses.replicas)}\n`,
    ].join('\n');
  }

  #pgbouncer(mode: PoolMode): string {
    return [
      `[databases]\n* = host=127.0.0.1 port=${this.#addresses.balancer}`,
      `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${this.#addresses.poolers[mode]}\nunix_socket_dir =`,
      `pool_mode = ${mode}\nauth_type = scram-sha-256\nauth_file = ${join(this.#folder, 'users.txt')}`,
      `client_tls_sslmode = require\nclient_tls_cert_file = ${join(this.#folder, 'server.pem')}`,
      `client_tls_key_file = ${join(this.#folder, 'server.key')}\nserver_tls_sslmode = require`,
      'ignore_startup_parameters = extra_float_digits,options\nserver_login_retry = 1\n',
    ].join('\n');
  }
}

const childrenOf = (parent: number): number[] =>
  processes().flatMap(({ pid }) => (parentOf(pid) === parent ? [pid] : []));

/** Patroni calls it once, with the connection string of the new cluster. */
const ROLES = `#!/bin/sh
exec psql -X "$1" -c "CREATE ROLE ${APP.POSTGRES_USER} LOGIN CREATEDB CREATEROLE PASSWORD '${APP.POSTGRES_PASSWORD}'"
`;

/** The user that Debian's PostgreSQL runs as, where the tests run as root. */
const POSTGRES = process.getuid?.() === 0 ? userOf('postgres') : undefined;

function userOf(name: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  if (line === undefined)
    throw new Error(`there is no user ${name}: .ci/install-programs installs PostgreSQL`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

const INSTALLED = '/usr/lib/postgresql';

/** The folder with the programs of the newest PostgreSQL that Debian has installed. */
const BINARIES = ((): string => {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED) : [];
  const [newest] = versions
    .filter((version) => existsSync(join(INSTALLED, version, 'bin/postgres')))
    .sort((one, other) => Number(other) - Number(one));
  if (newest === undefined)
    throw new Error('there is no PostgreSQL server: .ci/install-programs installs one');
  return join(INSTALLED, newest, 'bin');
})();

async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return 0;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + PATIENCE * 1000; !(await holds()); await sleep(PAUSE))
    if (performance.now() > deadline) throw new Error(`no ${what} within ${PATIENCE} s`);
}
