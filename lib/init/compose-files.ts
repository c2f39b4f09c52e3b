import { basename, dirname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import { isCompose, readRaw, type Raw, type RawService } from '../repository/compose-yaml.ts';
import { databaseServices, readServices } from './services.ts';
import {
  unusedBecause,
  asName,
  environmentIn,
  isPlainlyLocal,
  namesEnvironment,
  saysProduction,
  tokensOf,
} from './words.ts';

/** A compose file of the repository, whatever its name is. */
export interface FoundFile {
  readonly path: string;
  /** True if a database runs in it. */
  readonly hasDatabase: boolean;
  /** True if each service has an image, a build or `extends`: the file works without another one below it. */
  readonly isWhole: boolean;
  /** The file's name without docker and compose: `prod`; empty for a file that compose finds by itself. */
  readonly suffix: string;
  /** The environment that the file is for, and the reason. */
  readonly means: { readonly name: string; readonly because: string } | undefined;
  /** What shows that it is not for development, although its name does not say so. */
  readonly sign: string | undefined;
  readonly services: readonly string[];
  /** Services that its own depend on, but that are not in the file. */
  readonly lacks: readonly string[];
  /** Files that it uses services of, by `extends` and `include`. */
  readonly takes: readonly string[];
  /** Why the file is not used; undefined if it may be. */
  readonly unused: string | undefined;
}

export interface Unreadable {
  readonly path: string;
  readonly problem: string;
}

/** The file names that compose looks for by itself. */
const BY_ITSELF = /^(?:docker-)?compose\.ya?ml$/;
const OVERRIDE = /^(?:docker-)?compose\.override\.ya?ml$/;

export const isFoundByCompose = (path: string): boolean => BY_ITSELF.test(basename(path));
/** By its name, the file is for no particular environment. */
export const isBase = ({ suffix }: FoundFile): boolean => suffix === '';

export const isOverride = (path: string): boolean => OVERRIDE.test(basename(path));

/** The file's name without docker, compose and stack: `vm_prod`. */
export function suffixOf(path: string): string {
  const name = basename(path);
  if (BY_ITSELF.test(name)) return '';
  const stem = name.replace(/\.ya?ml$/, '');
  const rest = stem.replaceAll(/(^|[._-])(docker[-_]?compose|compose|docker|stack)(?=$|[._-])/gi, '');
  return asName(rest);
}

/** All compose files, and those that have such a name but cannot be read. */
export function findComposeFiles(
  root: string,
  files: readonly string[],
): { found: FoundFile[]; unreadable: Unreadable[] } {
  const found: FoundFile[] = [];
  const unreadable: Unreadable[] = [];
  for (const path of files.filter((file) => /\.ya?ml$/.test(file))) {
    try {
      const raw = readRaw(root, path);
      if (isCompose(raw)) found.push(describe(root, path, raw));
    } catch (error) {
      // Templates of other programs are not valid YAML before they are filled in.
      if (/compose/i.test(basename(path)))
        unreadable.push({ path, problem: messageOf(error).split('\n')[0]!.replace(/:$/, '') });
    }
  }
  const parts = new Map(
    found.flatMap(({ path, takes }) => takes.map((part): [string, string] => [part, path])),
  );
  return {
    found: found.map((file) => {
      const by = parts.get(file.path);
      return by === undefined || file.unused !== undefined
        ? file
        : { ...file, unused: `${by} takes from it` };
    }),
    unreadable,
  };
}

/** Templates and copies of compose files: `docker-compose.yml.j2`, `compose.prod.yaml.bak`. */
export const copiesOf = (files: readonly string[]): string[] =>
  files.filter((file) => /compose[^/]*\.ya?ml\.\w+$/i.test(file));

/** The other files that a file uses services of. */
function partsOf(path: string, { include = [], services = {} }: Raw): string[] {
  const extended = Object.values(services).flatMap((one) =>
    typeof one?.extends === 'object' ? (one.extends.file ?? []) : [],
  );
  const included = include.flatMap((one) => (typeof one === 'string' ? one : (one.path ?? [])));
  return [...new Set([...extended, ...included].map((one) => join(dirname(path), one)))].filter(
    (one) => one !== path,
  );
}

function describe(root: string, path: string, raw: Raw): FoundFile {
  const services = Object.values(raw.services ?? {});
  const names = Object.keys(raw.services ?? {});
  const depended = services.flatMap((one) =>
    Array.isArray(one?.depends_on) ? (one.depends_on as string[]) : Object.keys(one?.depends_on ?? {}),
  );
  const suffix = suffixOf(path);
  const whole = readServices(root, [path]).filter(
    ({ image, context }) => image !== undefined || context !== undefined,
  );
  return {
    path,
    hasDatabase: databaseServices(whole).length > 0,
    isWhole: services.every((one) => one?.image ?? one?.build ?? one?.extends),
    suffix,
    means: meaningOf(path, suffix, services),
    sign: signOf(path, suffix, services),
    services: names,
    lacks: [...new Set(depended)].filter((one) => !names.includes(one)),
    takes: partsOf(path, raw),
    unused: isOverride(path) ? undefined : unusedBecause(path),
  };
}

type Services = readonly (RawService | null)[];

/** From the file's name, else from the nearest folder, else from its env files. */
function meaningOf(path: string, suffix: string, services: Services): FoundFile['means'] {
  if (suffix !== '' && namesEnvironment(suffix)) return { name: suffix, because: `its name says ${suffix}` };
  const folder = dirname(path)
    .split('/')
    .findLast((one) => namesEnvironment(one));
  if (folder !== undefined) return { name: environmentIn(folder)!, because: `it is in ${folder}/` };
  const named = new Set(envFilesOf(services).flatMap((file) => environmentOfEnvFile(file) ?? []));
  if (named.size === 1) {
    const [name] = [...named];
    return { name: name!, because: `its env_file is for ${name}` };
  }
  return undefined;
}

const envFilesOf = (services: Services): string[] =>
  services.flatMap((one) =>
    [one?.env_file ?? []].flat().flatMap((file) => (typeof file === 'string' ? file : (file.path ?? []))),
  );

/** `prod` of `.env.prod`, `prod.env` and `.env.prod.secrets`. */
export function environmentOfEnvFile(file: string): string | undefined {
  const rest = basename(file)
    .replaceAll(/(^|[._-])(env|secrets?|local(?=\.example)|example|sample|template|dist)(?=$|[._-])/gi, '')
    .replaceAll(/^[._-]+|[._-]+$/g, '');
  return environmentIn(rest);
}

/** Variables that name an environment: `APP_ENV`, `SENTRY_ENVIRONMENT`, `STAGE`. NODE_ENV only says how something is built. */
export const SAYS_WHICH =
  /^(?!NODE_)(\w+_)?(ENV|ENVIRONMENT)(_NAME|_TYPE)?$|^(\w+_)?(STAGE|DEPLOY_TARGET)$|^(APP|RUN|DEPLOY(MENT)?)_MODE$/;

/** What shows that the file is for an environment that others use, in spite of its name. */
function signOf(path: string, suffix: string, services: Services): string | undefined {
  const file = envFilesOf(services).find((one) => {
    const name = environmentOfEnvFile(one);
    return name !== undefined && !isPlainlyLocal(name);
  });
  if (file !== undefined) return `it is given ${file}`;
  for (const service of services) {
    const given = service?.environment ?? {};
    const pairs = Array.isArray(given)
      ? (given as string[]).map((line) => line.split(/=(.*)/s))
      : Object.entries(given).map(([name, value]) => [name, String(value ?? '')]);
    for (const [name = '', value = ''] of pairs)
      if (SAYS_WHICH.test(name) && saysProduction(value)) return `it says ${name}: ${value}`;
  }
  const folder = dirname(path).split('/').find(saysProduction);
  if (folder !== undefined && suffix !== '') return `it is in ${folder}/`;
  const certificates = services.some((one) =>
    /letsencrypt|certbot|\bacme(\.sh|\.json|[-_](email|companion))|\.acme\./i.test(
      JSON.stringify([one?.image, one?.command, one?.volumes]),
    ),
  );
  return certificates ? 'it asks for certificates of a public name' : undefined;
}

/** Whether two names have the same words: `vm-prod` and `vm_prod`. */
export const sameName = (one: string, other: string): boolean =>
  tokensOf(one).join('_') === tokensOf(other).join('_');
