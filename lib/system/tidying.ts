const unfinished = new Set<() => Promise<void>>();

/**
 * Registers clean-up that runs before the process exits, even if the work that it belongs to fails elsewhere first.
 *
 * @param tidy if it fails, that is ignored
 * @returns a function that removes the registration
 */
export function beforeLeaving(tidy: () => Promise<void>): () => void {
  unfinished.add(tidy);
  return () => void unfinished.delete(tidy);
}

/** Runs all registered clean-up. Never rejects. */
export const tidyUp = async (): Promise<void> =>
  void (await Promise.all([...unfinished].map((tidy) => tidy().catch(() => {}))));
