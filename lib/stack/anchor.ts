/** Keeps the volumes of an environment in use, so that its engine removes them for nobody. */
export interface Anchor {
  /** The volumes of the environment, by name: those that it keeps in use, and the others. */
  look(): Promise<{ readonly held: readonly string[]; readonly loose: readonly string[] }>;
  /** Keeps all of them in use. */
  hold(): Promise<void>;
  letGo(): Promise<void>;
  /** Those of this engine that this folder's registry has left behind. @param environments its names */
  left(environments: readonly string[]): Promise<readonly LeftAnchor[]>;
}

/** It keeps volumes in use of an environment that has left the registry, or has another project by now. */
interface LeftAnchor {
  readonly container: string;
  readonly environment: string;
  readonly project: string;
}
