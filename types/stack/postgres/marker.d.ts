/** The environment that a comment marks its database for. */
export declare const markerOf: (comment: string | null) => string | undefined;
/** What somebody wrote in front of the marker. */
export declare const withoutMarker: (comment: string | null) => string;
/** The comment with this marker instead of its own; text in front of it stays. */
export declare function withMarker(comment: string | null, environment: string): string;
