/** What a file is that is no dump as makesafe takes one, and what makes one of it. Pure: bytes in, words out. */
export interface OtherKind {
  /** Completes "it is …". */
  readonly what: string;
  /** What has to be done, where it is no command. */
  readonly advice?: string;
  /** Words of a command that makes a file or folder that is taken. */
  readonly convert?: (from: string) => {
    readonly commands: readonly (readonly string[])[];
    readonly to: string;
  };
}
/** Bytes that are looked at. */
export declare const HEAD = 1024;
/** @returns undefined for what may be a dump or a script */
export declare function otherKindOf(head: Buffer): OtherKind | undefined;
