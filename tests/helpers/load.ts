import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { World } from './fault-subjects.ts';

/** What one client saw in the database that it was let into. */
interface Seen {
  readonly client: number;
  /** What only a finished database has: its settings come before the swap, as all of its attributes. */
  readonly finished: string | null;
  readonly database: string;
  readonly oid: string;
}

export interface Load {
  readonly seen: readonly Seen[];
  /** How often each refusal was heard. */
  readonly refusals: ReadonlyMap<string, number>;
}

const LOOK = `
  SELECT current_setting('app.finished', true) AS finished, datname AS database, oid::text
  FROM pg_database WHERE datname = current_database()`;

/** Without a password: what is to be measured is the reset, and not how fast a machine computes SCRAM proofs. */
const VISITOR = 'visitor';

async function admitVisitors({ db, hba }: World): Promise<void> {
  await db.sql(`DO $$ BEGIN CREATE ROLE ${VISITOR} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  writeFileSync(hba, `host all ${VISITOR} all trust\n${readFileSync(hba, 'utf8')}`);
  await db.sql('SELECT pg_reload_conf()');
}

async function visit({ port, database }: World): Promise<pg.Client> {
  const login = { user: VISITOR, password: '', host: '127.0.0.1', port: port(), database };
  const client = new pg.Client(login);
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Clients that reconnect without pause: the odd ones hold their session until it is ended, the others come and go. */
async function startClients(world: World, count: number): Promise<() => Promise<Load>> {
  await admitVisitors(world);
  let stopped = false;
  const seen: Seen[] = [];
  const refusals = new Map<string, number>();
  const live = async (client: number): Promise<void> => {
    while (!stopped) {
      let connection: pg.Client | undefined;
      try {
        connection = await visit(world);
        const { rows } = await connection.query<Omit<Seen, 'client'>>(LOOK);
        seen.push({ client, ...rows[0]! });
        await connection.query(`SELECT pg_sleep(${client % 2 === 1 ? 600 : 0.2})`);
      } catch (error) {
        const { code, message } = error as pg.DatabaseError;
        const heard = `${code ?? ''} ${message}`.trim();
        refusals.set(heard, (refusals.get(heard) ?? 0) + 1);
        // The event loop is shared with forty-nine others.
        await sleep(1);
      } finally {
        await connection?.end().catch(() => {});
      }
    }
  };
  const done = Promise.all(Array.from({ length: count }, (_, client) => live(client)));
  return async () => {
    stopped = true;
    await world.db.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${VISITOR}'`,
      'postgres',
    );
    await done;
    return { seen, refusals };
  };
}

export interface LoadResult extends Load {
  readonly statuses: readonly number[];
  /** Milliseconds of each reset, from the end of its countdown to the end of the task. */
  readonly times: readonly number[];
  /** The databases that there were, one after the other. */
  readonly oids: readonly string[];
}

/** Keeps processor cores busy until it is told to stop. */
function keepBusy(cores: number): () => void {
  const loops = Array.from({ length: cores }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  return () => loops.forEach((loop) => loop.kill('SIGKILL'));
}

/** The same as `resetUnderLoad`, of any command, on a machine whose cores are busy with something else. */
export async function runsOnBusyCores(
  world: World,
  clients: number,
  command: string,
  runs: number,
  cores = 2,
): Promise<{
  readonly statuses: readonly number[];
  readonly times: readonly number[];
  readonly said: string;
}> {
  const stop = await startClients(world, clients);
  const rest = keepBusy(cores);
  const statuses: number[] = [];
  const times: number[] = [];
  let said = '';
  try {
    for (let n = 0; n < runs; n++) {
      const { status, time, stderr } = await world.scratch.runTask(command);
      statuses.push(status);
      times.push(time);
      if (status !== 0) said += stderr;
    }
  } finally {
    rest();
    await stop();
  }
  return { statuses, times, said };
}

/** Resets the database again and again while clients reconnect without pause. */
export async function resetUnderLoad(world: World, clients: number, resets: number): Promise<LoadResult> {
  const { scratch, environment, database, db } = world;
  const oid = `SELECT oid FROM pg_database WHERE datname = '${database}'`;
  await db.sql(`ALTER DATABASE ${database} SET app.finished TO 'yes'`);
  const stop = await startClients(world, clients);
  const statuses: number[] = [];
  const times: number[] = [];
  const oids = [await db.sql(oid, 'postgres')];
  for (let n = 0; n < resets; n++) {
    const running = scratch.startTask(`db-reset-db-env ENV=${environment} WAIT=0`);
    // The screen's last lines; without seconds to wait the countdown ends with them.
    await running.printed(/^ {4}database /m);
    const started = performance.now();
    statuses.push((await running.ended).status);
    times.push(performance.now() - started);
    oids.push(await db.sql(oid, 'postgres'));
  }
  return { ...(await stop()), statuses, times, oids };
}

/**
 * What a client hears while sessions are ended, the old database is closed, and both change places; and before the
 * server has read that visitors may come.
 */
export const EXPECTED_REFUSALS =
  /not currently accepting connections|terminating connection|connection error|Connection terminated|ECONNRESET|does not exist$|28P01|password must be a/;

/** What went wrong, in words; empty when nothing did. */
export function faultsOf(
  { statuses, seen, refusals, oids }: LoadResult,
  clients: number,
  database: string,
): string[] {
  const failed = statuses.filter((status) => status !== 0).length;
  const strange = seen.filter(
    (visit) => visit.finished !== 'yes' || visit.database !== database || !oids.includes(visit.oid),
  );
  const backwards = Array.from({ length: clients }, (_, client) =>
    seen.filter((row) => row.client === client).map(({ oid }) => oids.indexOf(oid)),
  ).filter((visits) => visits.some((visit, index) => index > 0 && visit < visits[index - 1]!));
  return [
    ...(failed > 0 ? [`${failed} of ${statuses.length} resets failed`] : []),
    ...strange.map((row) => `client ${row.client} was in ${JSON.stringify(row)}`),
    ...(backwards.length > 0 ? [`${backwards.length} clients went back to an older database`] : []),
    ...[...refusals.keys()]
      .filter((heard) => !EXPECTED_REFUSALS.test(heard))
      .map((heard) => `heard: ${heard}`),
  ];
}
