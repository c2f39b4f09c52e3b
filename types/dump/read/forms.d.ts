import type { Statement } from '../../sql/lexer.ts';
import type { Entry } from '../toc.ts';
/**
 * What a restore needs more rights for than the cage has, each in a form that can do nothing else. A statement in such a
 * form is run by makesafe itself; one that is not goes to the server as it is, which refuses it to the cage.
 */
export type Errand =
  | {
      readonly kind: 'extension';
      readonly name: string;
      readonly schema: string | undefined;
      readonly sql: string;
    }
  /** Of what the restore has made: runs when it is complete. */
  | {
      readonly kind: 'comment on an extension' | 'owner';
      readonly sql: string;
      readonly role?: string;
    }
  /** Disabled and without a slot. */
  | {
      readonly kind: 'subscription';
      readonly sql: string;
    }
  /** Would run for our own statements as well, and comes last of all. */
  | {
      readonly kind: 'event trigger';
      readonly sql: string;
    };
/** The errand that a statement is, if it is one. `loadParser` has to have been awaited. */
export declare function errandOf({ words, sql }: Pick<Statement, 'words' | 'sql'>): Errand | undefined;
/** The errands of an entry of a table of contents; undefined where one of its statements is none. */
export declare function errandsOf(definition: string): readonly Errand[] | undefined;
/** As the catalog has it. */
export declare const nameOf: (written: string) => string;
/** The schema that a statement makes, and nothing else with it. */
export declare function schemaMadeBy({ words, sql }: Pick<Statement, 'words' | 'sql'>): string | undefined;
/**
 * What a statement of the script itself would change outside of the database that is restored. The server refuses all of
 * it to the cage, and more, wherever it stands; this is for saying so before anybody waits.
 *
 * @returns the statement in a few words: `COMMENT ON DATABASE`
 */
export declare function reachesBeyond({ words, sql, copies }: Statement): string | undefined;
/** What needs more rights than the dump gets; makesafe does it, where it has the form that pg_dump gives it. */
export declare const isErrand: ({ kind, name, definition }: Entry) => boolean;
/** An errand and where it stands: `line 12`, `EVENT TRIGGER noticing`. */
export interface PlacedErrand {
  readonly place: string;
  readonly errand: Errand;
}
