/** How to find out whether the other side of a silent connection still exists. */
export interface Attention {
  /** Asks over another connection. @throws the reason if there is no answer */
  readonly alive: () => Promise<unknown>;
  /** Seconds of silence after which `alive` is called; also the time between two calls. */
  readonly silence: number;
}

export interface Watch {
  /** Call this when data arrives. */
  readonly heard: () => void;
  readonly stop: () => void;
}

/**
 * Watches a connection that may be silent for hours for a good reason: a long statement, a pg_dump that waits for a
 * lock. As long as the other side answers on another connection, nothing happens.
 *
 * @param end called with the reason if the other side does not answer
 */
export function watchSilence({ alive, silence }: Attention, end: (reason: Error) => void): Watch {
  let last = performance.now();
  let stopped = false;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = silence * 1000 - (performance.now() - last);
    timer = setTimeout(() => void look(), Math.max(left, 1)).unref();
  };
  const look = async (): Promise<void> => {
    const asked = performance.now();
    if (asked - last < silence * 1000) return wait();
    try {
      await alive();
    } catch (error) {
      // If data arrived in the meantime, the other side was only slow.
      if (!stopped && last < asked) return end(error as Error);
    }
    if (stopped) return;
    last = Math.max(last, asked);
    wait();
  };
  wait();
  return {
    heard: () => void (last = performance.now()),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
