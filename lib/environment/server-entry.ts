/**
 * How the server's certificate is verified, in libpq's terms, from strict to not at all.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
const TLS_MODES = ['verify-full', 'verify-ca', 'require', 'disable'] as const;
type TlsMode = (typeof TLS_MODES)[number];

/** A server that others run, as the registry states it for `stack: 'server'`. */
export interface ServerEntry {
  /** A host name or an address. No variable and no env file can change it. */
  readonly host: string;
  /** 5432 by default. */
  readonly port?: number;
  /** By default `verify-full`: an authority of `caFile` must have signed the certificate, and it must be for `host`. */
  readonly tls?: TlsMode;
  /** Certificates of the trusted authorities, as PEM; a path relative to the project's root. */
  readonly caFile?: string;
}

export const tlsOf = ({ tls = 'verify-full' }: ServerEntry): TlsMode => tls;
export const portOf = ({ port = 5432 }: ServerEntry): number => port;

/** `db.example.net:5432`, `[::1]:5432` */
export function addressOf(server: ServerEntry): string {
  const host = server.host.toLowerCase();
  return `${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`;
}

/** Returns one sentence for each mistake. */
export function checkServerEntry(given: unknown): string[] {
  if (typeof given !== 'object' || given === null) return ['server is missing: { host: … }'];
  const { host, port, tls = 'verify-full', caFile, ...rest } = given as Record<string, unknown>;
  const problems = Object.keys(rest).map((key) => `server takes host, port, tls and caFile, not ${key}`);
  // Not a URL, which would hold a user and a password, and not the folder of a socket.
  if (typeof host !== 'string' || !/^[^\s/@?#]+$/.test(host) || /^[^:]*:\d*$/.test(host))
    problems.push('server.host must be a name or an address, without a port');
  if (port !== undefined && !(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536))
    problems.push('server.port must be a number from 1 to 65535');
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
