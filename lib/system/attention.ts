/** How to find out whether whoever is waited for is still there. */
export interface Attention {
  /** Asks on another way than the one that is silent. @throws why it does not answer */
  readonly alive: () => Promise<unknown>;
  /** Seconds of silence until that is asked, and between two times. */
  readonly silence: number;
}

export interface Watch {
  /** Something came. */
  readonly heard: () => void;
  readonly stop: () => void;
}

/**
 * Watches a connection that may rightly be silent for hours: a long statement, a pg_dump that waits for a lock. As long
 * as the other side answers elsewhere, it goes on.
 *
 * @param end told why the other side counts as gone
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
      // It was only slow.
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
