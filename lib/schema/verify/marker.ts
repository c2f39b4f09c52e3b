/** The environment that a database's comment names in its last line; undefined when none does. */
export const markedAs = (comment: string | null): string | undefined =>
  comment?.match(/(?:^|\n)makesafe\.environment=(\S+)\s*$/)?.[1];
