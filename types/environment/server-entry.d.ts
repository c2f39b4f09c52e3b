/**
 * How a server's certificate is looked at, in libpq's words and from strict to not at all.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html
 */
export declare const TLS_MODES: readonly ['verify-full', 'verify-ca', 'require', 'disable'];
export type TlsMode = (typeof TLS_MODES)[number];
/** A server that somebody else runs, as the registry states it for `stack: 'server'`. */
export interface ServerEntry {
  /** A name or an address. It comes from nowhere else. */
  readonly host: string;
  /** 5432 by default. */
  readonly port?: number;
  /** `verify-full` by default: the certificate must be signed by `caFile` and made out to `host`. */
  readonly tls?: TlsMode;
  /** Certificates of the authorities to believe, in PEM; relative to the project's root. */
  readonly caFile?: string;
}
export declare const tlsOf: ({ tls }: ServerEntry) => TlsMode;
export declare const portOf: ({ port }: ServerEntry) => number;
/** `db.example.net:5432`, `[::1]:5432` */
export declare function addressOf(server: ServerEntry): string;
/** Each sentence names one thing that is wrong. */
export declare function checkServerEntry(given: unknown): string[];
