/** What is known of a secret beside its text. */
export interface About {
  /** The variable that has it. */
  readonly key?: string | undefined;
  /** Whose password it is. */
  readonly user?: string | undefined;
}
/**
 * Keeps secrets out of everything that is printed or written, in each form in which programs print them.
 *
 * A password may be a word that is the name of something as well: of the user, the database, the environment. Names are
 * what the person has to read, so such a word is hidden only where it is a password: behind `user:` in a URL, `password=`,
 * PASSWORD '…'. A secret that is no name is hidden wherever it stands.
 */
export declare class Redactor {
  #private;
  hide(secret: string, { key, user }?: About): void;
  /** Names that are shown: of environments, users, databases, services, folders. */
  show(names: Iterable<string | undefined>): void;
  redact(text: string): string;
}
