/** A revision that is about to run. */
export interface Pending {
  readonly id: string;
  /** The first line of the revision's docstring. */
  readonly message: string | null;
  /** The revision's file, a path on the machine or in the container that migrates. */
  readonly path: string | null;
  /** SHA-256 of that file; null if it cannot be read. */
  readonly sha256: string | null;
}

/** Without repetitions: an env.py may begin again after an error. */
export const eachOnce = (pending: readonly Pending[]): Pending[] => [
  ...new Map(pending.map((one) => [one.id, one])).values(),
];
