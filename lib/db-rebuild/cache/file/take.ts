import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { otherGlobals, readGlobals } from '../../../database/globals.ts';
import { ownAttributes } from '../../../database/identity.ts';
import { replaceDatabase } from '../../../database/replace/swap.ts';
import type { MadeFile } from '../../../database/saves/made-files.ts';
import { withRunLock } from '../../../database/run-lock.ts';
import { checksum } from '../../../dump/checksum.ts';
import { FailedError, messageOf } from '../../../errors.ts';
import { some } from '../../../output/check-result.ts';
import { readScript } from '../../../sql/script-reader.ts';
import type { Sources } from '../../../stack/alembic/sources.ts';
import type { Stack } from '../../../stack/stack.ts';
import type { RebuildRun } from '../../parameters.ts';
import { attributesDigest } from '../recipe.ts';
import { whichFile } from './look.ts';
import { contentFingerprint } from './fingerprint.ts';

/** What a rebuild has made from a file. */
interface Filed {
  /** Whether no revision runs on top of it. */
  readonly whole: boolean;
  readonly sources: Sources;
  /** Files that its revisions have read while they ran. */
  readonly late: readonly string[];
  readonly seed: string | undefined;
  /** What making it from nothing has taken, where it was made. */
  readonly seconds: number;
  /** For the line of the step: why there is nothing of the file. */
  readonly note: string;
}

let taken: MadeFile | undefined;

/** SHA-256 of the seed whose rows came with the file; undefined: none did. */
export const seedOfFile = (): string | undefined => taken?.mark.seed;

/** Takes the file that was found before the countdown. @returns undefined if there was none */
export async function fromFile(run: RebuildRun): Promise<Filed | undefined> {
  const found = whichFile();
  if (!found) return undefined;
  const { file, lacks, sources } = found;
  const why = await takeFile(run, file);
  if (why !== undefined)
    return {
      whole: false,
      sources,
      late: [],
      seed: undefined,
      seconds: 0,
      note: `; the file is not taken: ${why}`,
    };
  taken = file;
  const { late = [], seed, seconds } = file.mark;
  return { whole: lacks.length === 0, sources, late, seed, seconds, note: '; the others are from the file' };
}

/**
 * Exchanges the new and empty database for one that is made from the file, once that is proven to be what the file was
 * written of. If it is not, the empty one stays.
 *
 * @returns why it is not taken
 */
async function takeFile(run: RebuildRun, file: MadeFile): Promise<string | undefined> {
  const { stack, signal, actor } = run;
  // What the guard has shown is gone; the new one has been marked.
  const inNew = { ...run, identity: undefined };
  try {
    if (!actor.dryRun) {
      const why = await differs(run, file);
      if (why !== undefined) return why;
    }
    await withRunLock(run, { otherwise: 'wait' }, () =>
      replaceDatabase(inNew, {
        ...{ what: 'rebuild', keeps: false },
        fill: async (staging) => {
          await actor.act(`gunzip < ${file.path} | psql --single-transaction`, () =>
            restoreAndProve(stack, staging, file),
          );
        },
      }),
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error).split('\n')[0];
  }
}

/** What is not in the file, and has to be here as it was there: else it may be that the migrations make it. */
async function differs(run: RebuildRun, { mark }: MadeFile): Promise<string | undefined> {
  const { name } = run.stack.database;
  const [attributes, globals] = await run.stack.withClient(
    name,
    async (client) => [await ownAttributes(run, client), await readGlobals(client, name)] as const,
  );
  const other = otherGlobals(mark.globals, globals);
  if (other.length > 0) return `${some(other, 4)} of that server is not here, or another one`;
  return attributesDigest(attributes) === mark.attributes
    ? undefined
    : 'owner, settings, privileges or comment of the database are others';
}

async function restoreAndProve(stack: Stack, staging: string, { path, mark }: MadeFile): Promise<void> {
  if ((await checksum(path)) !== mark.sha256) throw new FailedError(`${path} is not what was written`);
  await stack.withClient(staging, (client) => restoreScript(client, path), { settings: 'file' });
  if ((await contentFingerprint(stack, staging)) !== mark.fingerprint)
    throw new FailedError('what it makes is not what it was written of');
}

/** Characters that are sent at once: each round costs more than most statements. */
const AT_ONCE = 64_000;

/** Runs the script of a file in one transaction. */
async function restoreScript(client: Client, path: string): Promise<void> {
  const text = createGunzip();
  const read = pipeline(createReadStream(path), text);
  read.catch(() => {});
  let waiting = 'BEGIN;';
  const send = async (): Promise<void> => {
    if (waiting !== '') await client.query(waiting);
    waiting = '';
  };
  const reading = { onCommand: () => {}, anyEncoding: () => true };
  for await (const { statement, data } of readScript(text, reading)) {
    // pg_dump puts large objects into transactions of their own.
    if (/^(BEGIN|COMMIT)$/.test(statement.words[0] ?? '')) continue;
    if (data) {
      await send();
      await pipeline(data, client.query(from(statement.sql)));
      continue;
    }
    waiting += `${statement.sql}\n;`;
    if (waiting.length > AT_ONCE) await send();
  }
  await read;
  waiting += 'COMMIT';
  await send();
}
