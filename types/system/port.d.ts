/**
 * Listens for a moment, to find out whether a port of this machine is free.
 *
 * @param port 0: any that is free
 * @returns the port
 * @throws Error with the code EADDRINUSE when another program has it, or why it cannot be had
 */
export declare function listenBriefly(port: number, host: string): Promise<number>;
