/**
 * What is waited for on the way to a server, and how long. Who is slow has time: a machine under load answers a question
 * after half a minute, a pg_dump is silent while it waits for a lock. Who is gone is noticed: after `silence` seconds the
 * other side is asked on a second connection, and it is gone when that is not answered either.
 *
 * A test that cannot wait makes them shorter.
 */
export declare const LIMITS: {
  /** Seconds without a byte until the other side is asked elsewhere whether it is there. */
  silence: {
    what: string;
    seconds: number;
  };
  /** The same for a session of a server, which costs it more than a ping costs an engine. */
  sessionSilence: {
    what: string;
    seconds: number;
  };
  /** For an answer on that second connection, opening it included. */
  ping: {
    what: string;
    seconds: number;
    hint: string;
  };
  /** For an answer of an engine that is there: to a question, a list, the start of a process in a container. */
  question: {
    what: string;
    seconds: number;
    hint: string;
  };
  /** For docker to say why it cannot reach an engine that refuses us. */
  reason: {
    what: string;
    seconds: number;
  };
  /** For compose to read files, of which one may come from a repository elsewhere. */
  configuration: {
    what: string;
    seconds: number;
  };
  /** For a TCP connection over the network. */
  connect: {
    what: string;
    seconds: number;
  };
  /** For the server to agree with us on TLS. */
  tls: {
    what: string;
    seconds: number;
  };
  /** For a server's first answer on a connection that stands, while the machine that it is on is there. */
  firstAnswer: {
    what: string;
    seconds: number;
    hint: string;
  };
  /** For the server to do what it was asked, until it is asked on another session whom it waits for. */
  holders: {
    what: string;
    seconds: number;
  };
  /** For another session's lock. Longer, and applications would be kept out for it. */
  lock: {
    what: string;
    seconds: number;
  };
  /** For sessions that were told to end. Applications are kept out meanwhile. */
  sessionsEnd: {
    what: string;
    seconds: number;
  };
  /** For an exchange of databases that others hold up, however short it took to fill the new one. */
  exchange: {
    what: string;
    seconds: number;
  };
  /** For the server to let a session go: after that the connection is cut. */
  goodbye: {
    what: string;
    seconds: number;
  };
  /** For the engine to remove the container that was a lock. */
  release: {
    what: string;
    seconds: number;
  };
};
