import type { Client } from 'pg';
import type { TocEntry } from '../../dump/toc.ts';

/** Distributes work among several clients. Work that may not overlap waits until all running work has ended. */
export class AtOnce {
  readonly #free: Client[];
  readonly #running = new Map<number, Promise<void>>();
  #failed: { readonly error: unknown } | undefined;

  constructor(clients: readonly Client[]) {
    this.#free = [...clients];
  }

  /**
   * Starts `work` as soon as a client is free and the entry's dependencies are done. Without `overlaps`, also waits for
   * its end.
   *
   * @throws the first error of any work
   */
  async run(
    { id, dependencies }: TocEntry,
    overlaps: boolean,
    work: (client: Client) => Promise<void>,
  ): Promise<void> {
    if (!overlaps || dependencies.some((other) => this.#running.has(other))) await this.all();
    while (this.#free.length === 0) await Promise.race(this.#running.values());
    if (this.#failed) throw this.#failed.error;
    const client = this.#free.pop()!;
    const done = work(client)
      .catch((error: unknown) => void (this.#failed ??= { error }))
      .finally(() => {
        this.#free.push(client);
        this.#running.delete(id);
      });
    this.#running.set(id, done);
    if (!overlaps) await this.all();
  }

  /** Waits for all running work. @throws the first error of any work */
  async all(): Promise<void> {
    await Promise.all(this.#running.values());
    if (this.#failed) throw this.#failed.error;
  }
}
