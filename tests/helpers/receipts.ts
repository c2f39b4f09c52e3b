import { readdirSync } from 'node:fs';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import type { Scratch } from './scratch.ts';

const FOLDER = 'journal/rehearsals';

/** The file of an environment's newest receipt. */
export const newestReceiptFile = (scratch: Scratch, environment: string): string =>
  `${FOLDER}/${readdirSync(scratch.path(FOLDER))
    .filter((name) => name.startsWith(`${environment}.`))
    .sort()
    .at(-1)}`;

export const newestReceipt = (scratch: Scratch, environment: string): Receipt =>
  JSON.parse(scratch.read(newestReceiptFile(scratch, environment))) as Receipt;
