/** The command as a person would type it in a POSIX shell. For showing only; nothing runs this text. */
export declare function display({
  file,
  args,
}: {
  readonly file: string;
  readonly args: readonly string[];
}): string;
/** `812 bytes`, `39.5 kB`, `512.0 MB`, `2.1 GB`: thousands, as disks are sold and `df -H` counts. */
export declare function byteSize(bytes: number): string;
/** `1,200`, of a whole number. Node takes 15 ms to look up how a language writes its first one. */
export declare const grouped: (number: number) => string;
/** `1 object`, `1,200 objects` */
export declare const counted: (number: number, noun: string) => string;
