import { type Seen } from './place.ts';
/** What one of our tasks writes where a person says. */
export interface KindOfFile {
  /** `a schema dump of makesafe or pg_dump` */
  readonly what: string;
  /** Whether a file is one. It is small or large, and may be anything. */
  readonly isOne: (file: string) => boolean;
}
/** Where a file will be written, once it has been looked at. */
export interface Destination {
  /** Absolute, with the links in its folders followed. */
  readonly path: string;
  /** What will be replaced; `nothing` for a new file. */
  readonly over: Seen | 'nothing';
}
/**
 * Looks at where a person wants a file to be written, before the work begins: a new file, or one of this kind that is
 * replaced. Links to a folder are followed, and the rules are those of the place that they lead to; a link in the place
 * of the file itself never is, for it says that the file belongs elsewhere.
 *
 * @param given as it was typed
 * @param name of the parameter, for messages
 * @param usual a value that would do, for the remedy
 * @param root the project's folder
 * @throws RefusedError when something is there that is not ours to replace, or the place is not for files like this
 * @throws FailedError when it cannot be written
 */
export declare function lookAtDestination(
  given: string,
  name: string,
  kind: KindOfFile,
  usual: string,
  root?: string,
): Destination;
/**
 * Looks at where a person wants a folder of ours to be, which may exist.
 *
 * @throws RefusedError when it is where something else is kept
 * @throws FailedError when nothing can be written there
 */
export declare function lookAtFolder(given: string, name: string, usual: string, root: string): void;
/**
 * Why a place is not for files like ours; undefined where it is. Also for a file that is new: one that make, git or a
 * server reads is no report.
 */
export declare function reservedFor(path: string, root: string): string | undefined;
/** Why a folder is not for files like ours; undefined where it is. The folder is absolute, without links. */
export declare function reservedFolder(folder: string, root: string): string | undefined;
