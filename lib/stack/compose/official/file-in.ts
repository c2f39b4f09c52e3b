import { posix } from 'node:path';
import type { Environment } from '../../../environment/resolve.ts';
import { readTextIfThere } from '../../../system/read-bounded.ts';
import type { ComposeConfig, ConfiguredReference, ConfiguredSource } from '../config/config.ts';
import type { Engine } from '../engine/engine.ts';

/** Maximum bytes to read of a file with a password, a user or a name. */
const MOST = 64 * 1024;

/** The source of a container's file, by the configuration. */
export type Source =
  { readonly file: string } | { readonly variable: string } | { readonly text: string } | undefined;

/**
 * Finds the source of a service's file: a secret, a config or a mounted folder. Pure.
 *
 * @see https://docs.docker.com/reference/compose-file/services/#secrets
 */
export function sourceOf(config: ComposeConfig, service: string, path: string): Source {
  const { secrets = [], configs = [], volumes = [] } = config.services[service]!;
  const referred = (
    all: readonly ConfiguredReference[],
    sources: Readonly<Record<string, ConfiguredSource>> = {},
    folder: string,
  ): ConfiguredSource | undefined => {
    const found = all.find(({ source, target }) => posix.resolve(folder, target ?? source) === path);
    return found && sources[found.source];
  };
  const named = referred(secrets, config.secrets, '/run/secrets') ?? referred(configs, config.configs, '/');
  if (named?.file !== undefined) return { file: named.file };
  if (named?.environment !== undefined) return { variable: named.environment };
  if (named?.content !== undefined) return { text: named.content };
  const mount = volumes
    .map((one) => ({ ...one, target: posix.resolve(one.target) }))
    .filter(({ type, target }) => type === 'bind' && `${path}/`.startsWith(`${target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (mount?.source === undefined) return undefined;
  return { file: posix.join(mount.source, posix.relative(mount.target, path)) };
}

/**
 * Reads a file of a service: from its container, running or not, else from the file's source. Removes line breaks at
 * the end, like the official image.
 *
 * @returns undefined if neither can be read
 */
export async function readFileIn(
  { environment, engine, config }: { environment: Environment; engine: Engine; config: ComposeConfig },
  service: string,
  path: string,
  container: string | undefined,
): Promise<string | undefined> {
  const inContainer =
    container === undefined ? undefined : await engine.pathIn(container, path, MOST).catch(() => undefined);
  const text =
    (inContainer && fileIn(inContainer.tar)) ?? textOf(sourceOf(config, service, path), environment);
  return text?.replace(/\n+$/, '');
}

function textOf(source: Source, { variables }: Environment): string | undefined {
  if (source === undefined) return undefined;
  if ('text' in source) return source.text;
  if ('variable' in source) return variables.get(source.variable)?.value ?? process.env[source.variable];
  try {
    return readTextIfThere(source.file);
  } catch {
    // The person who runs makesafe may not be allowed to read it, but root in the container is.
    return undefined;
  }
}

/** The first file of a tar: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
function fileIn(tar: Buffer): string | undefined {
  const isFile = tar[156] === 0x30 || tar[156] === 0;
  const size = parseInt(tar.subarray(124, 136).toString('latin1'), 8);
  return tar.length >= 512 + size && isFile ? tar.subarray(512, 512 + size).toString() : undefined;
}
