/**
 * Registers what has to be tidied up although nobody may be left to wait for it: the work that it belongs to can fail in
 * another place first, and the next command is to find nothing of it.
 *
 * @param tidy fails for nobody
 * @returns takes it off the list
 */
export declare function beforeLeaving(tidy: () => Promise<void>): () => void;
export declare const tidyUp: () => Promise<void>;
