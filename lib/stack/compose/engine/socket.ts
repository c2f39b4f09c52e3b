import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentEntry } from '../../../environment/entry.ts';
import { readJsonIfThere } from '../../../system/read-bounded.ts';

type Entry = Pick<EnvironmentEntry, 'engine'>;

/** The socket on this machine that docker would choose; undefined if it would or may choose something else. */
export function engineSocket(entry: Entry): string | undefined {
  return knownEndpoint(entry)?.match(/^unix:\/\/(\/.+)$/)?.[1];
}

/**
 * The endpoint by docker's settings, in docker's order: a named context, DOCKER_HOST, DOCKER_CONTEXT, the context in
 * use. Undefined if only docker can tell.
 *
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export function knownEndpoint({ engine }: Entry): string | undefined {
  const { DOCKER_HOST, DOCKER_CONTEXT, DOCKER_TLS, DOCKER_TLS_VERIFY } = process.env;
  if (engine?.context === undefined && DOCKER_HOST) return DOCKER_HOST;
  const settings = process.env['DOCKER_CONFIG'] || join(homedir(), '.docker');
  const context = engine?.context ?? (DOCKER_CONTEXT || contextInUse(settings));
  if (context !== 'default') return endpointOfContext(settings, context);
  if (DOCKER_HOST) return DOCKER_HOST;
  return DOCKER_TLS || DOCKER_TLS_VERIFY ? undefined : 'unix:///var/run/docker.sock';
}

const contextInUse = (settings: string): string =>
  readJson<{ currentContext?: string }>(join(settings, 'config.json'))?.currentContext || 'default';

/** Docker stores a context in a folder whose name is the SHA-256 digest of the context's name. */
function endpointOfContext(settings: string, context: string): string | undefined {
  const folder = createHash('sha256').update(context).digest('hex');
  const file = join(settings, 'contexts', 'meta', folder, 'meta.json');
  return readJson<{ Endpoints?: { docker?: { Host?: string } } }>(file)?.Endpoints?.docker?.Host || undefined;
}

/** Undefined for a broken file: docker itself will report what is wrong with it. */
function readJson<T>(file: string): T | undefined {
  try {
    return readJsonIfThere(file) as T | undefined;
  } catch {
    return undefined;
  }
}
