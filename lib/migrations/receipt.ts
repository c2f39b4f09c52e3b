import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Emptied,
  HeldLock,
  RowCounts,
  WatchedRevision,
  WatchedStatement,
} from '../stack/alembic/watch.ts';
import { readTextIfThere, UnreadableError } from '../system/read-bounded.ts';
import { writeWhole } from '../system/files.ts';
import type { Seal } from '../stack/seal.ts';
import type { PgDump, Stack } from '../stack/stack.ts';
import { ageText } from '../database/backup/backups.ts';
import type { Hazard, Limits } from './hazards.ts';

/** What a rehearsal has seen. It has no SQL text and no message of the database: both may contain data. */
export interface Receipt {
  readonly format: 2;
  readonly environment: string;
  /** ISO 8601, UTC: when the rehearsal ended. */
  readonly time: string;
  /** The environment on whose server the copy was. */
  readonly on: string;
  readonly serverVersion: string;
  /** The backup that was restored; null: only the schema was copied. */
  readonly backup: {
    readonly file: string;
    readonly sha256: string;
    readonly time: string;
    readonly proven: boolean;
  } | null;
  /** Whether the copy had the data. */
  readonly data: boolean;
  readonly way: 'up' | 'down';
  /** As it was typed: `head`. */
  readonly target: string;
  /** The copy's revisions before and after. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly migrated: boolean;
  readonly schema: RehearsedSchema;
  /** What the copy was without: parts of the backup that could not be restored there. */
  readonly without: readonly string[];
  readonly revisions: readonly WatchedRevision[];
  readonly statements: readonly WatchedStatement[];
  readonly held: readonly HeldLock[];
  readonly emptied: readonly Emptied[];
  readonly rows: { readonly before: RowCounts; readonly after: RowCounts };
  readonly lost: readonly string[];
  /** Who wrote the statements, see `Watched`. */
  readonly by: string | null;
  readonly limits: Limits;
  readonly hazards: readonly Hazard[];
  /** Over all of the above. */
  readonly seal?: Seal;
}

/** The schema before and after: SHA-256 of what pg_dump writes. */
interface RehearsedSchema {
  readonly before: string;
  readonly after: string;
  /** Which pg_dump, and its version. */
  readonly pgDump: PgDump;
  readonly version: string;
}

/** The receipt with a seal; without one if the environment has no password. */
export async function withSeal(stack: Pick<Stack, 'seal'>, receipt: Receipt): Promise<Receipt> {
  const salt = randomBytes(16).toString('base64');
  const digest = await stack.seal(sealedText(receipt), salt);
  return digest === undefined ? receipt : { ...receipt, seal: { salt, digest } };
}

/** Whether the receipt is as a rehearsal has written it, with the password that the environment has now. */
export async function isSealed(stack: Pick<Stack, 'seal'>, receipt: Receipt): Promise<boolean> {
  if (!receipt.seal) return false;
  return (await stack.seal(sealedText(receipt), receipt.seal.salt)) === receipt.seal.digest;
}

/** JSON keeps the order of the fields. */
function sealedText({ seal, ...rest }: Receipt): string {
  void seal;
  return JSON.stringify(rest);
}

const FOLDER = join('journal', 'rehearsals');

/** Where the receipt of a rehearsal that ended at this time lies, below the project's folder. */
export const receiptFile = ({ environment, time }: Pick<Receipt, 'environment' | 'time'>): string =>
  join(FOLDER, `${environment}.${time.replaceAll(/[-:]/g, '').replace(/\.\d+/, '')}.json`);

/** @returns its path below the project's folder. @throws FailedError naming the file and the reason */
export async function writeReceipt(root: string, receipt: Receipt): Promise<string> {
  const file = receiptFile(receipt);
  await writeWhole(
    join(root, file),
    0o600,
    (output) => void output.write(`${JSON.stringify(receipt, null, 2)}\n`),
  );
  return file;
}

/** Maximum size in bytes. A statement takes about one kilobyte. */
const MOST = 64 << 20;

/** The receipts of an environment, the newest first. What cannot be read is left out. */
export function readReceipts(root: string, environment: string): Receipt[] {
  let names: string[];
  try {
    names = readdirSync(join(root, FOLDER));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(`${environment}.`) && name.endsWith('.json'))
    .flatMap((name) => {
      try {
        const receipt = parseReceipt(readTextIfThere(join(root, FOLDER, name), { most: MOST }) ?? '');
        return receipt?.environment === environment ? [receipt] : [];
      } catch (error) {
        if (error instanceof UnreadableError) return [];
        throw error;
      }
    })
    .sort((one, other) => Date.parse(other.time) - Date.parse(one.time));
}

/** Undefined if it is no receipt of this format. */
export function parseReceipt(text: string): Receipt | undefined {
  let found: Partial<Receipt> | null;
  try {
    found = JSON.parse(text) as Partial<Receipt> | null;
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null || found.format !== 2) return undefined;
  const lists = [
    'from',
    'to',
    'revisions',
    'statements',
    'held',
    'emptied',
    'lost',
    'without',
    'hazards',
  ] as const;
  const complete =
    lists.every((name) => Array.isArray(found[name])) &&
    typeof found.environment === 'string' &&
    typeof found.serverVersion === 'string' &&
    typeof found.migrated === 'boolean' &&
    typeof found.schema?.before === 'string' &&
    typeof found.schema.after === 'string' &&
    typeof found.schema.version === 'string' &&
    !Number.isNaN(Date.parse(found.time ?? ''));
  return complete ? (found as Receipt) : undefined;
}

/** What is about to be migrated. */
export interface Pending {
  readonly environment: string;
  readonly way: Receipt['way'];
  readonly serverVersion: string;
  /** The database's revisions. */
  readonly from: readonly string[];
  /** The revisions that will run, in their order, with the SHA-256 of their files. */
  readonly revisions: readonly Pick<WatchedRevision, 'revision' | 'sha256'>[];
  /** Seconds that the backup of a rehearsal may be old. */
  readonly maxAge: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The newest receipt that tells what will happen; if none does, why the newest one does not. */
export type Fitting = { readonly receipt: Receipt } | { readonly receipt: undefined; readonly why: string };

/**
 * Finds the rehearsal of exactly this migration: from the same revision, with the same files, on a server of the same major
 * version.
 *
 * @param receipts the newest first, as `readReceipts` returns them
 */
export function fittingReceipt(receipts: readonly Receipt[], pending: Pending): Fitting {
  let why: string | undefined;
  for (const receipt of receipts) {
    const reason = misfit(receipt, pending);
    if (reason === undefined) return { receipt };
    why ??= reason;
  }
  return { receipt: undefined, why: why ?? 'it was not rehearsed' };
}

/** Why a receipt does not tell what will happen; undefined if it does. */
function misfit(receipt: Receipt, pending: Pending): string | undefined {
  const { environment, way, from, serverVersion, revisions, maxAge, now } = pending;
  if (receipt.environment !== environment) return `the rehearsal was of ${receipt.environment}`;
  if (!receipt.migrated) return 'the rehearsal failed';
  if (receipt.way !== way || !same(receipt.from, from))
    return `the rehearsal was ${receipt.way} from ${receipt.from.join(', ') || 'no revision'}`;
  const files = (list: Pending['revisions']): string[] =>
    list.map(({ revision, sha256 }) => `${revision} ${sha256 ?? 'unknown'}`);
  const [then, today] = [files(receipt.revisions), files(revisions)];
  const other = revisions.find((_one, at) => then[at] !== today[at]);
  if (other) {
    const known = receipt.revisions.some(({ revision }) => revision === other.revision);
    return known
      ? `the file of ${other.revision} was changed after the rehearsal`
      : `${other.revision} was not rehearsed`;
  }
  if (then.length > today.length) return `the rehearsal went on to ${receipt.to.join(', ')}`;
  if (revisions.some(({ sha256 }) => sha256 === null)) return 'the file of a revision cannot be read';
  if (major(receipt.serverVersion) !== major(serverVersion))
    return `the rehearsal was on PostgreSQL ${receipt.serverVersion}, and this is ${serverVersion}`;
  const age = (now - Date.parse(receipt.backup?.time ?? receipt.time)) / 1000;
  if (age < -60) return 'the rehearsal is from the future: one of the clocks is wrong';
  if (age > maxAge)
    return `the ${receipt.backup ? 'backup of the rehearsal' : 'rehearsal'} is ${ageText(Math.round(age))} old`;
  return undefined;
}

const same = (one: readonly string[], other: readonly string[]): boolean =>
  [...one].sort().join('\n') === [...other].sort().join('\n');
const major = (version: string): number => Number.parseInt(version, 10);
