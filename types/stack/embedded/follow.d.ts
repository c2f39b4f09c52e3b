/**
 * Shows what is appended to a file until the signal is aborted.
 *
 * @param from bytes that were shown already
 */
export declare function followFile(
  file: string,
  from: number,
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<void>;
