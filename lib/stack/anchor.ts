/** Keeps the volumes of an environment in use, so that its engine removes them for nobody. */
export interface Anchor {
  /** The volumes of the environment, by name: those that it keeps in use, and the others. */
  look(): Promise<{ readonly held: readonly string[]; readonly loose: readonly string[] }>;
  /** Keeps all of them in use. */
  hold(): Promise<void>;
  letGo(): Promise<void>;
}
