import type { Client } from 'pg';

/** Milliseconds that a connection is kept for. */
const KEPT_MS = 1_000;

/**
 * One connection that stands already, for whoever asks next: a new one takes a quarter of a second. Nobody's session
 * before, so nothing is left in it.
 */
export class Spare {
  #client: Client | undefined;

  keep(client: Client): void {
    this.#client = client;
    setTimeout(() => void this.take()?.end(), KEPT_MS).unref();
  }

  take(): Client | undefined {
    const client = this.#client;
    this.#client = undefined;
    return client;
  }
}
