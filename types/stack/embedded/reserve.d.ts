import { type Home } from './server.ts';
/**
 * A server whose disk is full when it writes its log ahead ends, and needs some of the disk to start again and to drop
 * what filled it: two segments of that log. A file of this size is kept beside the data, and removed then.
 *
 * https://www.postgresql.org/docs/current/disk-full.html
 */
export declare const RESERVE: number;
/** Keeps it, where it is not kept already and the disk has room. */
export declare function keepReserve(home: Home): void;
/** Gives it back to the disk. Tells whether there was one. */
export declare function useReserve(home: Home): boolean;
/** Whether the server's last run ended, or does not begin, because its disk is full. */
export declare function isDiskFull(home: Home): boolean;
