import type { Limit } from './limit.ts';

/**
 * How long we wait for what on the way to a server. A slow server gets time: a machine under load may answer after 30
 * seconds, and a pg_dump is silent while it waits for a lock. A dead server is noticed: after `silence` seconds
 * makesafe asks on a second connection, and gives up if that is not answered either.
 *
 * Tests may set shorter limits.
 */
export const LIMITS = {
  /** Without any data for so long, ask the engine on a second connection. */
  silence: { what: 'a sign', seconds: 5 },
  /** The same for a session of PostgreSQL. Longer, because a new session costs more than a ping of the engine. */
  sessionSilence: { what: 'a sign', seconds: 15 },
  /** For the answer on that second connection, including the time to open it: over SSH, a busy machine takes over ten seconds. */
  ping: {
    what: 'the container engine to answer',
    seconds: 30,
    hint: 'check the way to it (network, VPN): `docker version` has to answer; then type this again',
  },
  /** For an answer of an engine that is reachable: to a request, or to start a process in a container. */
  question: {
    what: 'the container engine to answer, which is there',
    seconds: 60,
    hint: 'see what its machine is busy with, then type this again',
  },
  /** For docker to tell why the engine refuses us. */
  reason: { what: 'docker to say why', seconds: 10 },
  /** For compose to read its files; it may have to fetch one from a remote repository. */
  configuration: { what: 'docker compose to read its files', seconds: 120 },
  /** For a TCP connection over the network. */
  connect: { what: 'a connection', seconds: 10 },
  /** For the TLS handshake with the server. */
  tls: { what: 'the server to answer', seconds: 60 },
  /** For the server's first answer on an open connection, while its machine is reachable. */
  firstAnswer: {
    what: 'the database to answer',
    seconds: 120,
    hint: 'see what the server is busy with, then type this again',
  },
  /** After this time, ask on another session which session the server waits for. */
  holders: { what: 'the server', seconds: 2 },
  /** For a synchronous standby to confirm a commit; of the registry (`standbyWait`). */
  standby: { what: 'a standby to confirm', seconds: 60 },
  /** For a server of a cluster to say whether it is the primary. The others go on without it. */
  node: { what: 'a server of the cluster to answer', seconds: 10 },
  /** For another session's lock. Not longer, because applications have to wait meanwhile. */
  lock: { what: 'a lock', seconds: 10 },
  /** For sessions to end after they were terminated. Applications have to wait meanwhile. */
  sessionsEnd: { what: 'sessions to end', seconds: 30 },
  /** For an exchange of databases that other sessions delay, however long it took to fill the new database. */
  exchange: { what: 'an exchange', seconds: 60 },
  /** For the server to end a session; then the connection is cut. */
  goodbye: { what: 'the server to end the session', seconds: 2 },
  /** For the engine to remove the container that serves as a lock. */
  release: { what: 'the container engine to remove the lock', seconds: 10 },
} satisfies Record<string, Limit>;
