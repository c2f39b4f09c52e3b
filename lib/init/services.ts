import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { UnreachableError } from '../errors.ts';
import { run, type Result } from '../process.ts';
import { readText } from '../system/read-bounded.ts';

/** A service as a compose file states it, in one form. */
export interface Service {
  readonly name: string;
  readonly image: string | undefined;
  /** Absolute. */
  readonly context: string | undefined;
  readonly environment: readonly string[];
  readonly mounts: readonly { readonly source: string; readonly target: string }[];
}

interface Raw {
  readonly name?: string;
  readonly services?: Readonly<Record<string, RawService | null>>;
}
interface RawService {
  readonly image?: string;
  readonly build?: string | { readonly context?: string };
  readonly environment?: Readonly<Record<string, unknown>> | readonly string[];
  readonly volumes?: readonly (string | { readonly source?: string; readonly target?: string })[];
}

/** What compose files say together: as compose itself merges them where it is installed, else as they stand. */
export async function readStack(
  root: string,
  files: readonly string[],
): Promise<{ name: string | undefined; services: Service[] }> {
  const raw = (await askCompose(root, files)) ?? readFiles(root, files);
  // A path in a compose file is relative to the first one's folder.
  const folder = resolve(root, dirname(files[0]!));
  // In compose's order, also where it is not installed: what is asked is the same everywhere.
  const services = Object.entries(raw.services ?? {})
    .map(([name, service]) => normalise(name, service ?? {}, folder))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { name: readFiles(root, files).name, services };
}

/** Not interpolated, because the values of required variables may be on another machine. */
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

function readFiles(root: string, files: readonly string[]): Raw {
  const all = files.map(
    (file) => (parse(readText(join(root, file), { as: file }), { merge: true }) ?? {}) as Raw,
  );
  const services: Record<string, RawService> = {};
  for (const { services: own = {} } of all) {
    for (const [name, service] of Object.entries(own)) services[name] = { ...services[name], ...service };
  }
  const name = all.findLast((one) => one.name !== undefined)?.name;
  return { services, ...(name === undefined ? {} : { name }) };
}

function normalise(name: string, service: RawService, folder: string): Service {
  const { image, build, environment = [], volumes = [] } = service;
  const context = typeof build === 'string' ? build : build && (build.context ?? '.');
  return {
    ...{ name, image },
    context: context === undefined ? undefined : resolve(folder, context),
    environment: (Array.isArray(environment) ? (environment as string[]) : Object.keys(environment)).map(
      (line) => line.split('=')[0]!,
    ),
    mounts: volumes.map((volume) => {
      const [source = '', target = ''] =
        typeof volume === 'string' ? volume.split(':') : [volume.source, volume.target];
      return { source: /^[./~]/.test(source) ? resolve(folder, source) : source, target };
    }),
  };
}

const POSTGRES_IMAGE =
  /(^|\/)(postgres(ql)?|postgis|timescaledb(-ha)?|pgvector|citus|paradedb|cloudnative-pg|spilo[^:]*)(:|@|$)/;

/** The services that may be the database: by image, else by what only a server of the official image is given. */
export function databaseServices(services: readonly Service[]): Service[] {
  const byImage = services.filter(({ image = '' }) => POSTGRES_IMAGE.test(image));
  if (byImage.length > 0) return byImage;
  return services.filter(
    ({ environment, mounts }) =>
      mounts.some(({ target }) => target.startsWith('/var/lib/postgresql')) ||
      (environment.includes('POSTGRES_PASSWORD') &&
        !environment.some((name) => /HOST|_URL$|_DSN$/.test(name))),
  );
}

/** A service that has alembic.ini, and the file as the service sees it. */
export interface Application {
  readonly service: string;
  readonly alembicIni: string;
}

/**
 * The services that have a file: in a folder of this machine that is mounted there, or built into their image. Into an
 * image it is taken to be copied as it lies in the build context, to the working directory.
 *
 * @param file absolute
 */
export function servicesWith(file: string, services: readonly Service[]): Application[] {
  return services.flatMap(({ name, context, mounts }) => {
    const inside = (folder: string): string | undefined =>
      file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : undefined;
    const mount = mounts.find(({ source }) => source.startsWith('/') && inside(source) !== undefined);
    if (mount) return [{ service: name, alembicIni: join(mount.target, inside(mount.source)!) }];
    const copied = context === undefined ? undefined : inside(context);
    return copied === undefined ? [] : [{ service: name, alembicIni: copied }];
  });
}
