export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The command as a person would type it in a POSIX shell. For showing only; nothing runs this text. */
export function display({ file, args }: Command): string {
  return [file, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
