/** The same work, begun when it is first asked for, and once. */
export declare function once<T>(work: () => Promise<T>): () => Promise<T>;
