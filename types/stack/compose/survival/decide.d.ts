import { type Loss, type Place } from './place.ts';
import { type DatabaseContainer, type PlannedService } from './survey.ts';
/** A container whose data would be lost, or of which nobody can say that they would not. */
export interface Endangered {
  readonly container: DatabaseContainer;
  readonly loss: Loss;
}
/** What a decision is made from. Pure data. */
export interface Situation {
  readonly containers: readonly DatabaseContainer[];
  /** The services that the configuration has now, of those that have such a container, and the database service. */
  readonly services: ReadonlyMap<string, PlannedService>;
  readonly databaseService: string;
  /** Services that the compose file has behind a profile: `up` and `down` leave their containers alone. */
  readonly disabled: ReadonlySet<string>;
  /** Compose's hash of each configured service. */
  readonly hashes: ReadonlyMap<string, string>;
}
/** Whether somebody who knows nothing of the container could find it again: a volume without a name is nobody's. */
export declare const hasName: (place: Place) => boolean;
/** What containers lose that are removed, and made again by the next `up`. */
export declare const lostByRemoval: (situation: Situation) => Endangered[];
/** What containers lose that compose makes anew because their configuration or image has changed. */
export declare const lostByReplacing: (situation: Situation) => Endangered[];
/** What containers lose that are stopped and started again. */
export declare const lostByStopping: ({ containers }: Situation) => Endangered[];
/** Where the data are, for people. */
export declare function whereIs(place: Place): string;
/** Why the data would not be there again, in one sentence. */
export declare function whyLost({ container: { name }, loss }: Endangered): string;
/** Lines to type and to change, so that the data stays. */
export declare function remedyFor(
  { container, loss }: Endangered,
  service: PlannedService | undefined,
  words: {
    /** The compose file, for people. */
    readonly file: string;
    /** Of a volume's real name: what the compose file calls it. */
    readonly keyOf: (volume: string) => string;
    readonly command: (task: string, more?: string) => string;
  },
): string[];
