import { type Outcome } from '../../output/check-result.ts';
import type { Home } from './server.ts';
/** The major version of the data directory; undefined where there is none yet. */
export declare function dataVersion({ data }: Home): string | undefined;
/**
 * Refuses to start a server on what is no data directory, or one of another version: it would not start, and initdb must not
 * touch it.
 *
 * @throws ConfigurationError
 */
export declare function checkData(home: Home, environment: string): void;
/** What is there once the server has stopped. @throws FailedError when what should be there is not */
export declare function whatStays(home: Home): string;
/** For `check`. */
export declare function storageOf(home: Home): Outcome;
