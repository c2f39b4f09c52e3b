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
export declare function watchSilence({ alive, silence }: Attention, end: (reason: Error) => void): Watch;
