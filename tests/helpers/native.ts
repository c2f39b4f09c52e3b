import { existsSync } from 'node:fs';
import { run } from './processes.ts';

const FOLDER = '/usr/lib/postgresql/17/bin';

/**
 * bash with the native programs of PostgreSQL 17 on its PATH: of this machine, else of the postgres:17 image, on this
 * machine's network. Its script follows; PGPASSWORD is passed on.
 *
 * @returns the command, or why there is none
 */
export async function nativeBash(): Promise<string[] | string> {
  if (existsSync(`${FOLDER}/pg_dump`)) return ['env', `PATH=${FOLDER}:${process.env['PATH']}`, 'bash', '-c'];
  const image = await run(['docker', 'image', 'inspect', 'postgres:17']).catch(() => ({ status: 1 }));
  if (image.status !== 0) return 'neither pg_dump 17 nor an engine with postgres:17 on this machine';
  const how = ['--rm', '-i', '--network', 'host', '-e', 'PGPASSWORD', '--entrypoint', 'bash'];
  return ['docker', 'run', ...how, 'postgres:17', '-c'];
}
