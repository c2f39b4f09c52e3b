/** Revisions that have no successor. */
export interface Heads {
  readonly heads: readonly string[];
  /** The heads that the version table holds at the end: it leaves out a head that another revision depends on. */
  readonly ends: readonly string[];
}

/** Reads the heads from the output of `alembic heads`, for an alembic that is no Python script. Skips other lines. */
export function headsOf(stdout: string): Heads {
  const heads = stdout.split('\n').flatMap((line) => {
    const [, id, words] = line.match(/^(\S+)((?: \([^()]+\))+)\s*$/) ?? [];
    return id !== undefined && / \((?:effective )?head\)/.test(words!) ? [id] : [];
  });
  return { heads, ends: heads };
}
