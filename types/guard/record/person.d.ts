/** Who runs this, also behind sudo. */
export declare function person(): string;
