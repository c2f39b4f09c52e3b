import type { Client } from 'pg';
import { byteSize } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import { quoteName } from '../../sql/quote.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { assertKnown, change, type Hand, type Known } from '../asserted.ts';
import type { DatabaseAttributes } from '../attributes.ts';
import { commentStatement } from '../marker.ts';
import { closeToApplications, type Occasion } from '../replace/close.ts';
import { reopen } from '../replace/leftovers.ts';
import { newName, readMark, writeMark, type Mark } from '../replace/names.ts';
import { build } from '../replace/build.ts';
import type { Progress } from '../replace/with-rollback.ts';
import { asFiles } from './saved.ts';

/** What decides how a database is copied. */
export interface SizeAndVersion {
  /** Bytes. */
  readonly size: number;
  /** Of the server, as 170002. */
  readonly version: number;
}

/** @param client of the database */
export async function readSizeAndVersion(client: Client): Promise<SizeAndVersion> {
  const { rows } = await client.query<SizeAndVersion>(
    `SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::float8 AS size,
            pg_catalog.current_setting('server_version_num')::int AS version`,
  );
  return rows[0]!;
}

/** What a copy becomes. */
export interface NamedCopy {
  readonly name: string;
  readonly mark: Pick<Mark, 'kind'> & Partial<Mark>;
}

/** Bytes per second of a copy on a slow disk, for the estimate. */
const SPEED = 80e6;
/** Seconds from which the estimate is said. */
const SAID_FROM = 2;

/** Says how long a copy takes, if a person would wonder. @param size bytes @param say gets `about 12 s` */
export function sayHowLong(size: number, say: (how: string) => void): void {
  const seconds = Math.ceil(size / SPEED);
  if (seconds >= SAID_FROM) say(`about ${seconds} s`);
}

/**
 * Copies the environment's database inside its server, with all that belongs to it. The database is closed to
 * applications meanwhile: PostgreSQL copies only one that nobody uses.
 */
export async function copyDatabase(
  run: StackRun,
  hand: Hand,
  own: DatabaseAttributes & { readonly name: string },
  occasion: Occasion,
  about: SizeAndVersion,
  progress: Progress,
  named: NamedCopy,
): Promise<void> {
  const { stack, environment, terminal, command } = run;
  const { name, oid } = own;
  const { systemIdentifier } = hand;
  sayHowLong(about.size, (how) =>
    terminal.info(`${byteSize(about.size)} are copied, ${how}; applications cannot connect meanwhile`),
  );
  const opens = command('up', { ENV: environment.name });
  stack.fullDisk?.prepare();
  await whileUnfinished(
    `database ${name} closed to applications (${opens} opens it)`,
    async () => {
      const comment = await closeToApplications(run, hand, own, occasion);
      await buildCopy(run, hand, own, occasion, about, progress, { name, oid, systemIdentifier, comment });
      await reopen({ closed: { name, oid, comment } }, hand);
    },
    { closed: true },
  );
  await nameCopy(run, hand, own, occasion, progress, named);
}

/** Copies a closed database of ours. @param own its attributes, with the name of the environment's database */
export async function copyClosedDatabase(
  run: StackRun,
  hand: Hand,
  own: DatabaseAttributes & { readonly name: string },
  closed: Known & { readonly comment: string | null },
  occasion: Occasion,
  about: SizeAndVersion,
  progress: Progress,
  named: NamedCopy,
): Promise<void> {
  await buildCopy(run, hand, own, occasion, about, progress, closed);
  await nameCopy(run, hand, { ...own, comment: readMark(closed.comment).comment }, occasion, progress, named);
}

const buildCopy = (
  run: StackRun,
  hand: Hand,
  own: DatabaseAttributes & { readonly name: string },
  occasion: Occasion,
  { size, version }: SizeAndVersion,
  progress: Progress,
  from: Known,
): Promise<void> =>
  build(run, hand, own, occasion, progress, { copied: { ...from, asFiles: asFiles(size, version) } });

/** Gives the copy its name and its mark. From then on, it is not removed by a run that finds it. */
async function nameCopy(
  { actor }: StackRun,
  hand: Hand,
  { name, comment, connectionLimit, isTemplate }: DatabaseAttributes & { readonly name: string },
  { what, since }: Occasion,
  { newOid = '' }: Progress,
  named: NamedCopy,
): Promise<void> {
  const made: Known = { name: newName(name), oid: newOid, systemIdentifier: hand.systemIdentifier };
  const mark: Mark = { of: name, what, since: since.toISOString(), template: isTemplate, ...named.mark };
  const kept = { ...made, name: named.name, comment: writeMark(comment, mark) };
  const copy = quoteName(kept.name);
  await change(
    hand,
    { before: [made], after: [kept] },
    `ALTER DATABASE ${quoteName(made.name)} RENAME TO ${copy}`,
    `ALTER DATABASE ${copy} CONNECTION LIMIT ${connectionLimit}`,
    commentStatement(kept.name, kept.comment),
  );
  if (!actor.dryRun) await assertKnown(hand.client, kept);
}
