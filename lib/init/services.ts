import { dirname, resolve } from 'node:path';
import { UnreachableError } from '../errors.ts';
import { run, type Result } from '../system/process.ts';
import { readTogether, type Raw, type RawService } from '../repository/compose-yaml.ts';

/** A compose service, with the long and short forms of the file made one. */
export interface Service {
  readonly name: string;
  readonly image: string | undefined;
  /** Absolute. */
  readonly context: string | undefined;
  /** Names of its variables. */
  readonly environment: readonly string[];
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
  /** Its variables with the values that the file gives them. */
  readonly values?: Readonly<Record<string, string>>;
  readonly dockerfile?: string | undefined;
  readonly stage?: string | undefined;
  readonly command?: string;
  readonly ports?: number;
  readonly folder?: string | undefined;
}

/** What compose files say together: merged by compose itself if it is installed, else by makesafe. */
export async function readStack(
  root: string,
  files: readonly string[],
): Promise<{ name: string | undefined; services: Service[] }> {
  const stated = readTogether(root, files);
  const raw = (await askCompose(root, files)) ?? stated;
  return { name: stated.name, services: servicesOf(root, files, raw) };
}

/** The services of the files, without calling compose. */
export const readServices = (root: string, files: readonly string[]): Service[] =>
  servicesOf(root, files, readTogether(root, files));

function servicesOf(root: string, files: readonly string[], raw: Raw): Service[] {
  // A path in a compose file is relative to the first one's folder.
  const folder = resolve(root, dirname(files[0]!));
  // In compose's order even without compose, so that the questions are the same on every machine.
  return Object.entries(raw.services ?? {})
    .map(([name, service]) => normalise(name, service ?? {}, folder, root))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Without interpolation, because values of required variables may exist on another machine only. */
async function askCompose(root: string, files: readonly string[]): Promise<Raw | undefined> {
  const given = files.flatMap((file) => ['-f', file]);
  const args = ['compose', '--env-file', '/dev/null', ...given];
  const command = { file: 'docker', args: [...args, 'config', '--no-interpolate', '--format', 'json'] };
  const { status, stdout } = await run(command, { cwd: root }).catch((error: unknown): Result => {
    if (error instanceof UnreachableError) return { status: 127, stdout: '', stderr: '' };
    throw error;
  });
  return status === 0 ? (JSON.parse(stdout) as Raw) : undefined;
}

const words = (line: string | readonly string[] | null | undefined): string =>
  typeof line === 'string' ? line : (line ?? []).join(' ');

/**
 * Replaces `${PWD}`, the folder in which compose is called, by the repository's root. Without interpolation, compose
 * takes it for a relative path and puts a folder in front of it.
 */
const inRoot = (path: string, root: string): string =>
  path.replace(/^(?:\/.*\/)?\$(?:PWD\b|\{PWD(?::?[-?][^}]*)?\})/, () => root);

function normalise(name: string, service: RawService, folder: string, root: string): Service {
  const { image, build, environment = [], volumes, entrypoint, command, ports, working_dir } = service;
  const { context, dockerfile, target } =
    typeof build === 'string' ? { context: build } : build ? { context: '.', ...build } : {};
  const values = Array.isArray(environment)
    ? Object.fromEntries((environment as string[]).map((line) => line.split(/=(.*)/s) as [string, string]))
    : (environment as Record<string, string | number | boolean | null>);
  return {
    ...{ name, image, dockerfile, stage: target, folder: working_dir },
    context: context === undefined ? undefined : resolve(folder, inRoot(context, root)),
    environment: Object.keys(values),
    values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value ?? '')])),
    command: `${words(entrypoint)} ${words(command)}`.trim(),
    ports: ports?.length ?? 0,
    mounts: (volumes ?? []).map((volume) => {
      const [given = '', target = ''] =
        typeof volume === 'string' ? inRoot(volume, root).split(':') : [volume.source, volume.target];
      const source = inRoot(given, root);
      return { source: /^[./~]/.test(source) ? resolve(folder, source) : source, target };
    }),
  };
}

const POSTGRES_IMAGE =
  /(^|\/)(postgres(ql)?|postgis|timescaledb(-ha)?|pgvector|citus|paradedb|cloudnative-pg|spilo[^:]*)(:|@|$)/;

/** `${IMAGE:-postgres:17}` becomes `postgres:17`. */
const withDefaults = (text: string): string => text.replaceAll(/\$\{\w+:?-([^}]*)\}/g, '$1');

/** The services that may be the database: by image, else by a mount or variable of the official image's server. */
export function databaseServices(services: readonly Service[]): Service[] {
  const byImage = services.filter(({ image = '' }) => POSTGRES_IMAGE.test(withDefaults(image)));
  if (byImage.length > 0) return byImage;
  return services.filter(
    ({ environment, mounts }) =>
      mounts.some(({ target }) => target.startsWith('/var/lib/postgresql')) ||
      (environment.includes('POSTGRES_PASSWORD') &&
        !environment.some((name) => /HOST|_URL$|_DSN$/.test(name))),
  );
}
