import type { Entry } from '../toc.ts';
/** An entry of an archive, as far as others hang on it. */
export interface Link {
  readonly id: number;
  /** The extension that it makes. */
  readonly extension?: string;
  readonly dependencies: readonly number[];
  /** About something that the archive does not make: a part of an extension, or of the server. */
  readonly orphan: boolean;
}
export declare function linksIn(entries: readonly Entry[]): Link[];
/** The entries of extensions, and all that hangs on them. The list is in the order of its dependencies. */
export declare function hangingOn(
  links: readonly Link[],
  extensions: ReadonlySet<string>,
): ReadonlySet<number>;
