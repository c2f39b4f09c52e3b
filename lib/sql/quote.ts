import { createRequire } from 'node:module';

const nodeRequire = createRequire(import.meta.url);

/**
 * Loads pg at the first use: this takes longer than loading all of our own code, and can overlap with docker's work.
 */
const pg = (): typeof import('pg') => nodeRequire('pg') as typeof import('pg');

/** Quotes a name for a statement. */
export const quoteName = (name: string): string => pg().escapeIdentifier(name);

/** Quotes a text for a statement that takes no parameters. */
export const quoteText = (text: string): string => pg().escapeLiteral(text).trimStart();
