import { Duplex } from 'node:stream';
import type { Command } from '../../../system/command.ts';
/** A connection to the engine by its socket on this machine. */
export declare function dialSocket(path: string): Duplex;
/**
 * A connection to the engine that docker makes. It keeps nobody from ending, and ends with this process.
 *
 * @param complain told what docker says of it
 */
export declare function dial({ file, args }: Command, complain: (text: string) => void): Duplex;
