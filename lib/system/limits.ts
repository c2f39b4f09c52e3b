import type { Limit } from './limit.ts';

/**
 * What is waited for on the way to a server, and how long. Who is slow has time: a machine under load answers a question
 * after half a minute, a pg_dump is silent while it waits for a lock. Who is gone is noticed: after `silence` seconds the
 * other side is asked on a second connection, and it is gone when that is not answered either.
 *
 * A test that cannot wait makes them shorter.
 */
export const LIMITS = {
  /** Seconds without a byte until the other side is asked elsewhere whether it is there. */
  silence: { what: 'a sign', seconds: 5 },
  /** The same for a session of a server, which costs it more than a ping costs an engine. */
  sessionSilence: { what: 'a sign', seconds: 15 },
  /** For an answer on that second connection, opening it included. */
  ping: {
    what: 'the container engine to answer',
    seconds: 10,
    hint: 'check the way to it (network, VPN): `docker version` has to answer; then type this again',
  },
  /** For an answer of an engine that is there: to a question, a list, the start of a process in a container. */
  question: {
    what: 'the container engine to answer, which is there',
    seconds: 60,
    hint: 'see what its machine is busy with, then type this again',
  },
  /** For docker to say why it cannot reach an engine that refuses us. */
  reason: { what: 'docker to say why', seconds: 10 },
  /** For compose to read files, of which one may come from a repository elsewhere. */
  configuration: { what: 'docker compose to read its files', seconds: 120 },
  /** For a TCP connection over the network. */
  connect: { what: 'a connection', seconds: 10 },
  /** For the server to agree with us on TLS. */
  tls: { what: 'the server to answer', seconds: 60 },
  /** For a server's first answer on a connection that stands, while the machine that it is on is there. */
  firstAnswer: {
    what: 'the database to answer',
    seconds: 120,
    hint: 'see what the server is busy with, then type this again',
  },
  /** For the server to do what it was asked, until it is asked on another session whom it waits for. */
  holders: { what: 'the server', seconds: 2 },
  /** For another session's lock. Longer, and applications would be kept out for it. */
  lock: { what: 'a lock', seconds: 10 },
  /** For sessions that were told to end. Applications are kept out meanwhile. */
  sessionsEnd: { what: 'sessions to end', seconds: 30 },
  /** For an exchange of databases that others hold up, however short it took to fill the new one. */
  exchange: { what: 'an exchange', seconds: 60 },
  /** For the server to let a session go: after that the connection is cut. */
  goodbye: { what: 'the server to end the session', seconds: 2 },
  /** For the engine to remove the container that was a lock. */
  release: { what: 'the container engine to remove the lock', seconds: 10 },
} satisfies Record<string, Limit>;
