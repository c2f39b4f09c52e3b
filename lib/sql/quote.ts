import { createRequire } from 'node:module';

const nodeRequire = createRequire(import.meta.url);

/** Loaded when something is first quoted: it takes longer than all of our own code, and docker works meanwhile. */
const pg = (): typeof import('pg') => nodeRequire('pg') as typeof import('pg');

/** A name in a statement. */
export const quoteName = (name: string): string => pg().escapeIdentifier(name);

/** A text in a statement that takes no parameters. */
export const quoteText = (text: string): string => pg().escapeLiteral(text).trimStart();
