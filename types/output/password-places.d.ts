/** Where a text is a password, whatever else it may be elsewhere: what ends and what begins there (flag y). */
export interface Place {
  readonly before: RegExp;
  readonly after: RegExp;
}
/** @param keys further names of passwords */
export declare function passwordPlaces(keys: Iterable<string>): Place[];
/** Where a user and the password stand together. */
export declare const pairWith: (user: string) => Place;
export declare const QUOTED: Place;
