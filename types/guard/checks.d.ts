import type { Facts } from './facts/facts.ts';
import type { Refusal, Request } from './check.ts';
/** Whoever exported one of them last week may mean that server now. It is not taken, and not passed over either. */
export declare function chosenByShell({ exports }: Request): Refusal | undefined;
/** On a compose stack the engine is the server's machine. */
export declare function engineOfShell({ name, entry, exports }: Request): Refusal | undefined;
export declare function otherHost({ entry, target, environment }: Facts): Refusal | undefined;
export declare function sharedWithProtected({ overlaps, environment }: Facts): Refusal | undefined;
export declare function usedByOthers({ target }: Facts): Refusal | undefined;
/** What the plan of the stack itself says: shared with others, or it would stay. */
export declare function cannotBeRemoved({ plan }: Facts): Refusal | undefined;
/** A backup that is removed together with the data is none. */
export declare function neededLiesInIt({ plan, needed }: Facts): Refusal | undefined;
export declare function markedForOther({ environment, target, markers }: Facts): Refusal | undefined;
export declare function neighbourOfOther({ environment, target, markers }: Facts): Refusal | undefined;
/** Where the marker cannot be read or was never written, the volume's label and the journal are what is known. */
export declare function madeForOther({
  environment,
  entry,
  target,
  markers,
  journalled,
}: Facts): Refusal | undefined;
/** Neither the marker nor a backup can be had of a server that is stopped. */
export declare function mustRun({ environment, entry, target, contents, unread }: Facts): Refusal | undefined;
