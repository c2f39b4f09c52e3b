/**
 * How the server's certificate is verified, in libpq's terms, from strict to not at all.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
const TLS_MODES = ['verify-full', 'verify-ca', 'require', 'disable'] as const;
type TlsMode = (typeof TLS_MODES)[number];

/** One address of a server. */
export interface ServerNode {
  /** A host name or an address. No variable and no env file can change it. */
  readonly host: string;
  /** 5432 by default. */
  readonly port?: number;
}

/** How a server has to prove that it is the one. */
export interface ServerTls {
  /** By default `verify-full`: an authority of `caFile` must have signed the certificate, and it must be for `host`. */
  readonly tls?: TlsMode;
  /** Certificates of the trusted authorities, as PEM; a path relative to the project's root. */
  readonly caFile?: string;
}

/** The servers of one cluster: a primary, and the standbys that follow it. */
interface ServerNodes {
  /** All of them. Each one is asked what it is, and only the primary is used. */
  readonly hosts: readonly ServerNode[];
  /**
   * A URL for each host, in the same order. It answers 200 if that host is the primary, as Patroni's `/primary` does:
   * so whoever keeps the cluster has a say.
   */
  readonly status?: readonly string[];
  /**
   * Where backups are read. On a standby they leave the primary alone, and are as new: a backup waits until a standby has
   * replayed what the primary had when it was asked for. Default: the primary.
   */
  readonly backupFrom?: 'primary' | 'standby';
  /** Seconds that a backup waits for a standby that lags behind; then it is refused. 60 by default. */
  readonly maxReplayLag?: number;
}

export const MAX_REPLAY_LAG = 60;

/** A server that others run, or a cluster of servers, as the registry states it for `stack: 'server'`. */
export type ServerEntry = ServerTls &
  (
    | (ServerNode & Readonly<Partial<Record<keyof ServerNodes, never>>>)
    | (ServerNodes & { readonly host?: never; readonly port?: never })
  );

/** The servers that an entry names: one or several. */
export const nodesOf = (entry: ServerEntry): readonly ServerNode[] => entry.hosts ?? [entry];

export const tlsOf = ({ tls = 'verify-full' }: ServerTls): TlsMode => tls;
export const portOf = ({ port = 5432 }: ServerNode): number => port;

/** `db.example.net:5432`, `[::1]:5432` */
export function addressOf(node: ServerNode): string {
  const host = node.host.toLowerCase();
  return `${host.includes(':') ? `[${host}]` : host}:${portOf(node)}`;
}

/** Returns one sentence for each mistake. */
export function checkServerEntry(given: unknown): string[] {
  if (!isObject(given)) return ['server is missing: { host: … }'];
  const { host, port, hosts, status, backupFrom, maxReplayLag, tls = 'verify-full', caFile, ...rest } = given;
  const problems = Object.keys(rest).map(
    (key) => `server takes host, port, hosts, status, backupFrom, maxReplayLag, tls and caFile, not ${key}`,
  );
  if (hosts === undefined) {
    problems.push(...checkNode({ host, port }, 'server'));
    if (status !== undefined)
      problems.push('server.status needs server.hosts: it has a URL for each of them');
    if (backupFrom === 'standby')
      problems.push('server.backupFrom needs server.hosts: the standbys are among them');
  } else {
    if (host !== undefined || port !== undefined)
      problems.push('server takes host and port, or hosts, not both');
    problems.push(...checkHosts(hosts), ...(status === undefined ? [] : checkStatus(status, hosts)));
  }
  if (![undefined, 'primary', 'standby'].includes(backupFrom as string | undefined))
    problems.push("server.backupFrom must be 'primary' or 'standby'");
  if (maxReplayLag !== undefined && backupFrom !== 'standby')
    problems.push("server.maxReplayLag is not looked at without backupFrom: 'standby'");
  else if (maxReplayLag !== undefined && !(Number.isFinite(maxReplayLag) && Number(maxReplayLag) >= 0))
    problems.push('server.maxReplayLag must be a number of seconds');
  if (!(TLS_MODES as readonly unknown[]).includes(tls)) {
    problems.push(`server.tls must be one of ${TLS_MODES.join(', ')}`);
  } else if (String(tls).startsWith('verify-')) {
    if (typeof caFile !== 'string' || caFile === '')
      problems.push(`server.caFile is missing: tls ${String(tls)} believes the authorities in it`);
  } else if (caFile !== undefined) {
    problems.push(`server.caFile is not looked at with tls ${String(tls)}: verify-ca and verify-full do`);
  }
  return problems;
}

function checkNode({ host, port }: Readonly<Record<string, unknown>>, place: string): string[] {
  const problems: string[] = [];
  // Not a URL, which would hold a user and a password, and not the folder of a socket.
  if (typeof host !== 'string' || !/^[^\s/@?#]+$/.test(host) || /^[^:]*:\d*$/.test(host))
    problems.push(`${place}.host must be a name or an address, without a port`);
  if (port !== undefined && !(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536))
    problems.push(`${place}.port must be a number from 1 to 65535`);
  return problems;
}

function checkHosts(hosts: unknown): string[] {
  if (!Array.isArray(hosts) || hosts.length === 0)
    return ['server.hosts must be a list: [{ host: …, port: … }, …]'];
  const problems = hosts.flatMap((node: unknown, index) => {
    const place = `server.hosts[${index}]`;
    if (!isObject(node)) return [`${place} must be { host: …, port: … }`];
    const { host, port, ...rest } = node;
    return [
      ...Object.keys(rest).map((key) => `${place} takes host and port, not ${key}`),
      ...checkNode({ host, port }, place),
    ];
  });
  if (problems.length > 0) return problems;
  const addresses = (hosts as ServerNode[]).map(addressOf);
  // A node that is asked twice would be two primaries.
  return [...new Set(addresses.filter((address, index) => addresses.indexOf(address) !== index))].map(
    (address) => `server.hosts names ${address} twice`,
  );
}

function checkStatus(status: unknown, hosts: unknown): string[] {
  const isUrl = (url: unknown): boolean =>
    typeof url === 'string' && /^https?:\/\/[^\s@]+$/.test(url) && URL.canParse(url);
  if (!Array.isArray(status) || !status.every(isUrl))
    return ['server.status must be a list of http or https URLs, without a user and a password'];
  return Array.isArray(hosts) && status.length !== hosts.length
    ? ['server.status must have a URL for each of server.hosts, in the same order']
    : [];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
