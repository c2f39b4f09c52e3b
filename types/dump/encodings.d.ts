/** Whether text of that encoding, as the server calls it, can be read here. */
export declare const isReadable: (encoding: string) => boolean;
/** What reads it; undefined for UTF-8, for no encoding at all, and for one that is not known. */
export declare function decoderFor(encoding: string): ((bytes: Uint8Array) => string) | undefined;
/** Of the entry that says how text is written in an archive. */
export declare const decoderOf: (definition: string) => typeof decode;
/** Text of a database without encoding may be no UTF-8; different bytes then still give different text. */
export declare function decode(bytes: Buffer, from: number, to: number): string;
