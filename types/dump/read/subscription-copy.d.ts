/**
 * The subscription of a dump as a copy may have it: disabled and without a slot. Connects to nobody.
 *
 * @returns undefined for anything but a single CREATE SUBSCRIPTION
 */
export declare function asCopy(sql: string): string | undefined;
