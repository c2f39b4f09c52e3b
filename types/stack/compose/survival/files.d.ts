import type { Engine } from '../engine/engine.ts';
/** The files of a container, running or not, as the engine tells of them. Memory that is mounted in it is not among them. */
export interface Files {
  readonly exists: (path: string) => Promise<boolean>;
  /** The path with its links followed. @param passed gets each link on the way */
  readonly realpath: (path: string, passed?: string[]) => Promise<string>;
  readonly linksIn: (folder: string) => Promise<
    {
      readonly name: string;
      readonly target: string;
    }[]
  >;
  /** Paths in its own layer that its image does not have, or has otherwise. */
  readonly changes: () => Promise<ReadonlySet<string>>;
}
export declare function filesOf(engine: Engine, container: string): Files;
/** The links in a tar. Pure. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html */
export declare function linksOf(tar: Buffer): {
  name: string;
  target: string;
}[];
