import { existsSync } from 'node:fs';
import { basename, dirname, join, posix, resolve } from 'node:path';
import type { Naming } from '../environment/entry.ts';
import { readTextIfThere } from '../system/read-bounded.ts';
import type { Asker } from './ask.ts';
import { landingOf } from './dockerfile.ts';
import type { Service } from './services.ts';
import { unusedBecause, tokensOf } from './words.ts';

/** A service that has alembic.ini, and the path of that file inside the service. */
export interface Application {
  readonly service: string;
  readonly alembicIni: string;
  /** The folder in which alembic has to run to find script_location; undefined if that is the working directory. */
  readonly folder?: string;
}

/** What the registry will say about Alembic, and why. */
export interface FoundApplication {
  readonly names: Pick<Naming, 'application' | 'alembicIni'>;
  readonly because: string;
}

/**
 * The services that have a file: in a mounted folder of this machine, or in the image that their Dockerfile builds.
 * Without a Dockerfile, the file is expected at the same relative path as in the build context.
 *
 * @param file absolute
 */
export const servicesWith = (file: string, services: readonly Service[]): Application[] =>
  services.flatMap((service) => seenBy(service, file) ?? []);

function seenBy(service: Service, file: string): Application | undefined {
  const { name, context, mounts } = service;
  const inside = (folder: string): string | undefined =>
    file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : undefined;
  const [mount] = mounts
    .filter(({ source }) => source.startsWith('/') && inside(source) !== undefined)
    .sort((a, b) => b.source.length - a.source.length);
  const relativePath = context === undefined ? undefined : inside(context);
  const built = context === undefined ? undefined : dockerfileOf(service, context);
  const landing = built === undefined ? undefined : landingOf(built, relativePath ?? '', service.stage);
  const folder = service.folder ?? landing?.folder;
  const path = mount
    ? join(mount.target, inside(mount.source)!)
    : relativePath === undefined
      ? undefined
      : landing
        ? landing.path
        : relativePath;
  if (path === undefined) return undefined;
  if (folder !== undefined && posix.dirname(path) === folder)
    return { service: name, alembicIni: posix.basename(path) };
  const from = path.startsWith('/') ? folderOfScripts(file, path, mount?.source ?? context!) : undefined;
  return {
    service: name,
    alembicIni: path,
    ...(from === undefined || from === folder ? {} : { folder: from }),
  };
}

const dockerfileOf = ({ dockerfile = 'Dockerfile' }: Service, context: string): string | undefined =>
  readTextIfThere(resolve(context, dockerfile), { as: dockerfile });

/**
 * The folder inside the service from which script_location leads to the scripts. Alembic resolves it from its working
 * directory.
 *
 * @param path of alembic.ini in the container
 * @param top the folder of this machine whose content is the same in the container
 * @see https://alembic.sqlalchemy.org/en/latest/tutorial.html#editing-the-ini-file
 */
function folderOfScripts(file: string, path: string, top: string): string | undefined {
  const [, location] = (readTextIfThere(file) ?? '').match(/^\s*script_location\s*[=:]\s*(\S+)/m) ?? [];
  if (location === undefined || /^\/|%\(here\)s|:/.test(location)) return undefined;
  let there = posix.dirname(path);
  for (let here = dirname(file); ; here = dirname(here), there = posix.dirname(there)) {
    if (existsSync(join(here, location))) return there;
    if (here === top || here === dirname(here)) return undefined;
  }
}

const SERVER =
  /\b(uvicorn|gunicorn|hypercorn|granian|daphne|waitress-serve|runserver|flask\s+run|fastapi\s+(run|dev)|litestar\s+run|sanic)\b/;
const BACKGROUND =
  /^(workers?|beat|flower|celery|scheduler|cron|consumers?|queue|jobs?|bot|migrat\w*|alembic|seed\w*|init|prestart|setup|tests?|lint|backup\w*|docs|dramatiq|rq|arq|huey|taskiq)$/;
const FRONT = /^(api|web|app|backend|server|core|http|service)$/;

/** A score for how likely a service is the one that serves requests, and the reason. */
function servingBy({ name, command = '', ports = 0 }: Service): [score: number, because: string] {
  const [, server] = command.match(SERVER) ?? [];
  if (server !== undefined) return [8, `it runs ${server.replaceAll(/\s+/g, ' ')}`];
  if ([...tokensOf(name), ...tokensOf(command)].some((word) => BACKGROUND.test(word)))
    return [0, 'it has alembic.ini'];
  const isFront = tokensOf(name).some((word) => FRONT.test(word));
  if (ports > 0) return [isFront ? 5 : 4, 'it publishes a port'];
  return isFront ? [3, 'its name says that it serves'] : [2, 'it has alembic.ini'];
}

/** The service that serves, of several that have the file: the others share its image, or see fewer files. */
function serving(names: readonly string[], services: readonly Service[]): { name: string; because: string } {
  const ranked = services
    .filter(({ name }) => names.includes(name))
    .map((service) => ({ name: service.name, by: servingBy(service) }))
    .sort((a, b) => b.by[0] - a.by[0]);
  const { name, by } = ranked[0]!;
  return { name, because: by[1] };
}

/**
 * The service in which Alembic runs: of those with alembic.ini, the one that serves. If none has it, Alembic runs on
 * this machine. Asks only when the answer makes a difference: if there are several alembic.ini.
 */
export async function findApplication(
  root: string,
  files: readonly string[],
  services: readonly Service[],
  asker: Asker,
): Promise<FoundApplication> {
  const all = files.filter((file) => /^alembic[\w.-]*\.ini$/.test(basename(file)));
  const inis = all.filter((file) => unusedBecause(file) === undefined);
  const found = inis
    .map((ini) => ({ ini, in: servicesWith(resolve(root, ini), services) }))
    .filter((one) => one.in.length > 0);
  const wished = asker.given('APPLICATION_SERVICE');
  if (found.length === 0 && wished === undefined) return onHost(inis, asker);

  const best = found.map((one) =>
    serving(
      one.in.map(({ service }) => service),
      services,
    ),
  );
  const service = await asker.decide({
    name: 'APPLICATION_SERVICE',
    about: `there are several alembic.ini (${found.map(({ ini }) => ini).join(', ')}), each in a service of its own`,
    candidates: [...new Set(best.map(({ name }) => name))],
  });
  // The second question has an answer only when the first one has.
  if (service === undefined) return { names: {}, because: '' };
  const seen = found.flatMap((one) => one.in.filter((each) => each.service === service));
  const alembicIni = await asker.decide({
    name: 'ALEMBIC_INI',
    about: `the alembic.ini of service ${service} cannot be told`,
    candidates: [...new Set(seen.map((one) => one.alembicIni))],
  });
  if (alembicIni === undefined) return { names: {}, because: '' };
  const application = seen.find((one) => one.alembicIni === alembicIni) ?? { service, alembicIni };
  const same = found.filter((one) => one.in.includes(application));
  const others = new Set(same.flatMap((one) => one.in.map((each) => each.service)));
  others.delete(service);
  const chosen =
    wished === undefined ? best.find(({ name }) => name === service)!.because : 'APPLICATION_SERVICE';
  return {
    names: { application },
    because: `${chosen}${others.size === 0 ? '' : `; ${[...others].join(', ')} ${others.size === 1 ? 'has' : 'have'} it too`}`,
  };
}

async function onHost(inis: readonly string[], asker: Asker): Promise<FoundApplication> {
  if (inis.length === 0 && asker.given('ALEMBIC_INI') === undefined)
    return { names: { application: false }, because: 'there is no alembic.ini: the al-* tasks need one' };
  const alembicIni = await asker.decide({
    name: 'ALEMBIC_INI',
    about: 'no service has an alembic.ini, and there are several on this machine',
    candidates: inis,
  });
  return {
    names: { application: false, ...(alembicIni === undefined ? {} : { alembicIni }) },
    because: 'no service has alembic.ini',
  };
}

/** For a person to read. */
export function describeApplication({ application, alembicIni }: FoundApplication['names']): string {
  if (application) return `service ${application.service}, ${application.alembicIni}`;
  return alembicIni === undefined ? 'none' : `none, Alembic runs on this machine with ${alembicIni}`;
}
