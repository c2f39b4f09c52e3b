import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { seededRandom } from '../unit/support.ts';
import { databaseOnly } from './compose-files.ts';
import { docker, type Ran } from './processes.ts';
import { Scratch } from './scratch.ts';

type Random = ReturnType<typeof seededRandom>;

/** Letters that an engine, compose, a shell or CSV could read in its own way. */
const FOLDERS = [
  'plain',
  'a, b',
  'x,source=/c',
  "it's",
  '"quoted"',
  'has $dollar',
  '日本語 データ',
  'two\nlines',
];
const PGDATA = [
  ...['/var/lib/postgresql/data', '/var/lib/postgresql/data/pgdata', '/pgdata'],
  ...['/var/lib/postgresql/18/docker', '/srv/with blank/d'],
];
const STORAGES = [
  ...['named', 'named', 'named', 'image', 'layer', 'bind', 'bind', 'bind', 'tmpfs', 'external', 'device'],
  ...['labelled', 'outside', 'foreign files', 'linked', 'wal elsewhere', 'shared'],
] as const;
const EXTRAS = ['named', 'named', 'anonymous', 'bind', 'external', 'labelled', 'shared', 'tmpfs'] as const;

/** A compose project that nobody has written, and what stands around it. */
export interface Generated {
  readonly compose: Record<string, unknown>;
  /** The file after `up`, where a service was taken out of it: its container is an orphan. */
  readonly later?: Record<string, unknown>;
  readonly profile: boolean;
  readonly oneOff?: string;
  readonly state: 'running' | 'stopped' | 'gone';
  /** Made beforehand, by name and label. */
  readonly volumes: readonly { readonly name: string; readonly project?: string }[];
  readonly networks: readonly string[];
  /** Mounted by a container of nobody. */
  readonly held: readonly string[];
  /** A network of the project that a container of nobody joins. */
  readonly joined?: string;
  /** Written below the copy's folder before `up`. */
  readonly files: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly title: string;
}

const sleeping = { image: 'postgres:17', init: true, entrypoint: ['sleep', '3600'] };

/** In paths of compose files a dollar sign is doubled. */
const escaped = (path: string): string => path.replaceAll('$', '$$$$');

export function generate(prefix: string, { pick, below, several }: Random): Generated {
  const pgdata = pick(PGDATA);
  const storage = pick(STORAGES);
  const folder = pick(FOLDERS);
  const above = posix.dirname(pgdata);
  const at = pick([pgdata, pgdata, above === '/' ? pgdata : above, `${pgdata}2`]);
  const inData = relative(at, pgdata);
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  const volumes: Record<string, unknown> = {};
  const made: { name: string; project?: string }[] = [];
  const held: string[] = [];
  let count = 0;

  /** A volume in the compose file, and what stands there already. */
  const volume = (kind: string): string => {
    const key = `v${count++}`;
    const name = `${prefix}-${key}`;
    if (kind === 'external') volumes[key] = { external: true, name };
    else if (kind === 'labelled') volumes[key] = { name };
    else if (kind === 'device') {
      files[`project/data/${key}/PG_VERSION`] = '17';
      volumes[key] = { driver_opts: { type: 'none', o: 'bind', device: `\${ROOT}/data/${key}` } };
    } else volumes[key] = kind === 'shared' ? { name } : {};
    if (kind === 'external') made.push({ name });
    if (kind === 'labelled') made.push({ name, project: 'somebody' });
    if (kind === 'shared') held.push(name);
    return key;
  };

  const db: Record<string, unknown> = { ...sleeping, environment: { PGDATA: pgdata } };
  const bound = (source: string): void => {
    db['volumes'] = [{ type: 'bind', source: escaped(source), target: at }];
  };
  const inProject = `../data/${folder}`;
  const here = join('project/data', folder, inData.startsWith('..') ? '' : inData);
  if (
    storage === 'bind' ||
    storage === 'linked' ||
    storage === 'wal elsewhere' ||
    storage === 'foreign files'
  ) {
    bound(inProject);
    files[join('project/data', folder, 'beside')] = 'stays unless it is in the data directory';
    files[join(here, storage === 'foreign files' ? 'thesis.txt' : 'PG_VERSION')] = '17';
    files[join(here, 'base/5/16385')] = 'rows';
  }
  if (storage === 'linked') links[join(here, 'pg_log')] = '/etc';
  if (storage === 'wal elsewhere') {
    files['project/data/wal/000000010000000000000001'] = 'log';
    (db['volumes'] as unknown[]).push({ type: 'bind', source: '../data/wal', target: '/wal' });
    links[join(here, 'pg_wal')] = '/wal';
  }
  if (storage === 'outside') {
    bound(`../../${folder}`);
    files[join(folder, 'PG_VERSION')] = '17';
  }
  if (['named', 'external', 'labelled', 'device', 'shared'].includes(storage))
    db['volumes'] = [`${volume(storage)}:${at}`];
  if (storage === 'tmpfs') db['tmpfs'] = [at];
  if (storage === 'layer') db['environment'] = { PGDATA: '/nowhere/mounted' };

  const services: Record<string, Record<string, unknown>> = {};
  const names = several(3, () => `s${count++}`);
  for (const name of names) {
    const mounts = several(2, () => {
      const kind = pick(EXTRAS);
      const target = `/m${count++}`;
      if (kind === 'bind') {
        files[`project/data/of-${name}/upload`] = 'x';
        return { type: 'bind', source: `../data/of-${name}`, target };
      }
      if (kind === 'tmpfs') return { type: 'tmpfs', target };
      return kind === 'anonymous' ? target : `${volume(kind)}:${target}`;
    });
    services[name] = {
      ...sleeping,
      volumes: mounts,
      ...(below(3) === 0 ? { depends_on: ['db'] } : {}),
      ...(below(4) === 0 ? { profiles: ['tools'] } : {}),
    };
  }
  const networks: Record<string, unknown> = {};
  const own = names.find(() => below(3) === 0);
  if (own !== undefined) {
    networks['back'] = {};
    services[own]!['networks'] = ['default', 'back'];
  }
  const external = names.find(() => below(4) === 0);
  const outer = `${prefix}-outer`;
  if (external !== undefined) {
    networks['outer'] = { external: true, name: outer };
    services[external]!['networks'] = ['default', 'outer'];
  }
  const { services: database } = databaseOnly({ db }) as { services: { db: unknown } };
  const whole = { services: { ...database, ...services }, volumes, networks };
  const orphan = names.find((name) => below(4) === 0 && services[name]!['networks'] === undefined);
  const left = Object.fromEntries(Object.entries(whole.services).filter(([name]) => name !== orphan));
  const oneOff = names.find((name) => below(4) === 0 && name !== orphan);
  return {
    compose: whole,
    ...(orphan === undefined ? {} : { later: { ...whole, services: left } }),
    profile: below(2) === 0,
    ...(oneOff === undefined ? {} : { oneOff }),
    state: pick(['running', 'running', 'stopped', 'gone'] as const),
    ...{ volumes: made, held, files, links },
    networks: external === undefined ? [] : [outer],
    ...(below(6) === 0 ? { joined: 'default' } : {}),
    title: `${storage} at ${at}, PGDATA ${pgdata}, ${JSON.stringify(folder)}, ${names.length} more`,
  };
}

/** All of a project that can be removed, by kind and name. */
type Things = ReadonlySet<string>;

async function things(scratch: Scratch, anonymous: readonly string[]): Promise<Things> {
  const list = async (...words: string[]): Promise<string[]> =>
    (await docker(...words)).split('\n').filter(Boolean);
  const [containers, volumes, networks] = await Promise.all([
    list('ps', '--all', '--filter', `name=${scratch.prefix}`, '--format', '{{.Names}}'),
    list('volume', 'ls', '--format', '{{.Name}}'),
    list('network', 'ls', '--filter', `name=${scratch.prefix}`, '--format', '{{.Name}}'),
  ]);
  const ours = volumes.filter((name) => name.startsWith(scratch.prefix) || anonymous.includes(name));
  return new Set([
    ...containers.map((name) => `container ${name}`),
    ...ours.map((name) => `volume ${name}`),
    ...networks.map((name) => `network ${name}`),
    ...filesBelow(scratch.path('data')),
    ...readdirSync(scratch.outside)
      .filter((name) => name !== 'project' && !name.startsWith('docker-'))
      .flatMap((name) => filesBelow(join(scratch.outside, name))),
  ]);
}

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `file ${join(folder, file)}`)
    : [];

/** What the screen lists, by the words of its rows. */
function onScreen(stderr: string): { things: string[]; folders: string[] } {
  const found = { things: [] as string[], folders: [] as string[] };
  let label = '';
  for (const line of stderr.split('\n')) {
    const [, word, what] = line.match(/^ {4}(\w* *) (\S.*)$/) ?? [];
    if (word === undefined) {
      label = '';
      continue;
    }
    if (word.trim() !== '') label = word.trim();
    const name = what!.replace(/ \([^()]*\)$/, '');
    if (label === 'folders') found.folders.push(name.replaceAll('\\n', '\n'));
    else if (['containers', 'volumes', 'networks'].includes(label))
      found.things.push(`${label.slice(0, -1)} ${name}`);
  }
  return found;
}

/** What a reset did to a generated project: `undefined` where it kept its word. */
export interface Outcome {
  readonly title: string;
  readonly refused: boolean;
  /** How many things were gone. */
  readonly gone: number;
  /** What the task has said. */
  readonly said: string;
  readonly broken?: string;
}

/** Makes the project, resets it and compares what is gone with what the screen has listed. */
export async function resetGenerated(random: Random): Promise<Outcome> {
  const environments = { gen: {} as { compose?: object; env?: Record<string, string> } };
  const scratch = new Scratch({ only: [], environments });
  const generated = generate(scratch.prefix, random);
  environments.gen = { compose: generated.compose };
  try {
    await scratch.make();
    return await reset(scratch, generated);
  } finally {
    await disposeOf(scratch);
  }
}

/** An engine with much to do may still have the endpoint of a container that it has removed. */
async function disposeOf(scratch: Scratch): Promise<void> {
  for (let left = 5; ; left--) {
    try {
      return await scratch.dispose();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(1_000);
    }
  }
}

async function prepare(scratch: Scratch, generated: Generated): Promise<string[]> {
  scratch.write('env/.env.gen', `${scratch.read('env/.env.gen')}ROOT=${scratch.root}\n`);
  for (const [file, text] of Object.entries(generated.files)) {
    mkdirSync(dirname(join(scratch.outside, file)), { recursive: true });
    writeFileSync(join(scratch.outside, file), text);
  }
  for (const [link, to] of Object.entries(generated.links)) symlinkSync(to, join(scratch.outside, link));
  for (const { name, project } of generated.volumes) {
    const label = project === undefined ? [] : ['--label', `com.docker.compose.project=${project}`];
    await docker('volume', 'create', ...label, name);
  }
  for (const name of generated.networks) await docker('network', 'create', name);
  const profile = generated.profile ? ['--profile', 'tools'] : [];
  await scratch.compose('gen', ...profile, 'up', '--detach');
  if (generated.oneOff !== undefined)
    await scratch.compose('gen', ...profile, 'run', '--detach', generated.oneOff);
  const ids = (await docker('ps', '-aq', '--filter', `name=${scratch.prefix}`)).split('\n').filter(Boolean);
  const mounted = await docker('inspect', '--format', '{{range .Mounts}}{{.Name}} {{end}}', ...ids);
  const anonymous = mounted.split(/\s+/).filter((name) => /^[0-9a-f]{64}$/.test(name));
  for (const [at, name] of generated.held.entries()) {
    await docker(
      ...[
        'run',
        '--detach',
        '--init',
        '--name',
        `${scratch.prefix}-holder-${at}`,
        '--volume',
        `${name}:/held`,
      ],
      ...['--entrypoint', 'sleep', 'postgres:17', '3600'],
    );
  }
  if (generated.joined !== undefined) {
    await docker(
      ...['run', '--detach', '--init', '--name', `${scratch.prefix}-joiner`],
      ...['--network', `${scratch.project('gen')}_default`, '--entrypoint', 'sleep', 'postgres:17', '3600'],
    );
  }
  if (generated.later) scratch.write('docker/gen.json', JSON.stringify(generated.later));
  if (generated.state === 'stopped') await scratch.compose('gen', 'stop', '--timeout', '1');
  if (generated.state === 'gone') await scratch.compose('gen', 'rm', '--stop', '--force');
  return anonymous;
}

async function reset(scratch: Scratch, generated: Generated): Promise<Outcome> {
  const anonymous = await prepare(scratch, generated);
  const before = await things(scratch, anonymous);
  const ran = await scratch.runTask('db-reset-volume-env ENV=gen WAIT=0');
  const after = await things(scratch, anonymous);
  const broken = compare(ran, before, after);
  return {
    ...{ title: `${generated.title}, ${generated.state}`, refused: ran.status === 77, said: ran.stderr },
    gone: [...before].filter((thing) => !after.has(thing)).length,
    ...(broken === undefined ? {} : { broken: `${broken}\n${ran.stderr}` }),
  };
}

function compare({ status, stderr }: Ran, before: Things, after: Things): string | undefined {
  const gone = [...before].filter((thing) => !after.has(thing));
  const come = [...after].filter((thing) => !before.has(thing));
  if (come.length > 0) return `came: ${come.join(', ')}`;
  if (status === 77) return gone.length === 0 ? undefined : `refused, and gone: ${gone.join(', ')}`;
  if (status !== 0) return `status ${status}`;
  const screen = onScreen(stderr);
  const inFolders = (thing: string): boolean =>
    screen.folders.some((folder) => thing.startsWith(`file ${folder}/`));
  const listed = new Set(screen.things);
  const unseen = gone.filter((thing) => !listed.has(thing) && !inFolders(thing));
  const left = [...after].filter((thing) => listed.has(thing) || inFolders(thing));
  const unreal = screen.things.filter((thing) => !before.has(thing));
  if (unseen.length > 0) return `gone and not on the screen: ${unseen.join(', ')}`;
  if (left.length > 0) return `on the screen and not gone: ${left.join(', ')}`;
  return unreal.length > 0 ? `on the screen and never there: ${unreal.join(', ')}` : undefined;
}
