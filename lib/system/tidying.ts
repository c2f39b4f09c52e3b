const unfinished = new Set<() => Promise<void>>();

/**
 * Registers what has to be tidied up although nobody may be left to wait for it: the work that it belongs to can fail in
 * another place first, and the next command is to find nothing of it.
 *
 * @param tidy fails for nobody
 * @returns takes it off the list
 */
export function beforeLeaving(tidy: () => Promise<void>): () => void {
  unfinished.add(tidy);
  return () => void unfinished.delete(tidy);
}

export const tidyUp = async (): Promise<void> =>
  void (await Promise.all([...unfinished].map((tidy) => tidy().catch(() => {}))));
