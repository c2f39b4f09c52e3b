import type { SmallImages } from './small-server.ts';

/** Numbers from 0 to 1, the same for the same seed. mulberry32 */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The part of a compose project that a generated change may touch. */
export interface Layout {
  readonly image: keyof SmallImages;
  readonly service: string;
  /** PGDATA of the service; the image's own where there is none. */
  readonly pgdata?: string;
  readonly mounts: readonly MountSpec[];
  readonly tmpfs: readonly string[];
  readonly command?: readonly string[];
  /** `<link>:<folder>`, made at the first start of each container. */
  readonly link?: string;
  readonly waldir?: string;
  readonly note?: string;
  /** Rows are in a tablespace at /tablespace. */
  readonly tablespace: boolean;
}

export interface MountSpec {
  readonly kind: 'named' | 'external' | 'bind' | 'anonymous' | 'tmpfs' | 'device';
  /** Of a volume or folder. */
  readonly name: string;
  readonly at: string;
}

const DATA = '/var/lib/postgresql/data';
const mount = (kind: MountSpec['kind'], at: string, name = 'data'): MountSpec => ({ kind, name, at });

type Storage = Partial<Layout> & { readonly mounts: readonly MountSpec[] };

/** Where PGDATA may be, by name. */
const STORAGES: Readonly<Record<string, Storage>> = {
  named: { mounts: [mount('named', DATA)] },
  'named, PGDATA in a subfolder': { pgdata: `${DATA}/pg`, mounts: [mount('named', DATA)] },
  'named, mounted above': {
    pgdata: `${DATA}/pg`,
    mounts: [mount('named', '/var/lib'), mount('named', DATA, 'deep')],
  },
  'named, elsewhere': { pgdata: '/pg/data', mounts: [mount('named', '/pg')] },
  external: { mounts: [mount('external', DATA)] },
  bind: { mounts: [mount('bind', DATA)] },
  'bind, PGDATA in a subfolder': { pgdata: '/srv/pg/17', mounts: [mount('bind', '/srv')] },
  'a device': { mounts: [mount('device', DATA)] },
  'anonymous of the image': { mounts: [] },
  'anonymous of the file': { pgdata: '/pg/data', mounts: [mount('anonymous', '/pg')] },
  'mounted one level above': { mounts: [mount('named', '/var/lib/postgresql')] },
  'as for 17, in an image that moved': { image: 'moved', mounts: [mount('named', DATA)] },
  'as for 18': { image: 'moved', mounts: [mount('named', '/var/lib/postgresql')] },
  layer: { pgdata: '/pgdata', mounts: [] },
  'layer beside a volume': { pgdata: '/pgdata', mounts: [mount('named', DATA)] },
  tmpfs: { mounts: [], tmpfs: [DATA] },
  'tmpfs as a mount': { mounts: [mount('tmpfs', DATA)] },
  'a volume in the data': { mounts: [mount('named', DATA), mount('named', `${DATA}/pg_stat`, 'part')] },
  'an anonymous volume in the data': {
    mounts: [mount('named', DATA), mount('anonymous', `${DATA}/pg_stat`)],
  },
  'memory for what passes': { mounts: [mount('named', DATA)], tmpfs: [`${DATA}/pg_stat_tmp`] },
  'a link of the image': { pgdata: '/linked/data', mounts: [mount('named', '/mnt/real')] },
  'a link in the layer': {
    pgdata: '/own/data',
    link: '/own:/volume/real',
    mounts: [mount('named', '/volume')],
  },
  'a link out of the volume': {
    pgdata: `/volume/link/data`,
    link: '/volume/link:/outside',
    mounts: [mount('named', '/volume')],
  },
  'pg_wal in a volume': { waldir: '/wal', mounts: [mount('named', DATA), mount('named', '/wal', 'wal')] },
  'pg_wal in the layer': { waldir: '/wal', mounts: [mount('named', DATA)] },
  'a tablespace in a volume': {
    tablespace: true,
    mounts: [mount('named', DATA), mount('named', '/tablespace', 'fast')],
  },
  'a tablespace in the layer': { tablespace: true, mounts: [mount('named', DATA)] },
};

function withoutPgdata(layout: Layout): Layout {
  const { pgdata, ...rest } = layout;
  return pgdata === undefined ? layout : rest;
}

/** What somebody does to the compose file in between. */
const CHANGES: Readonly<Record<string, (layout: Layout) => Layout>> = {
  'another image': (one) => ({ ...one, image: 'rebuilt' }),
  'an image that moved PGDATA': (one) => ({ ...one, image: 'moved' }),
  'the image that did not move it': (one) => ({ ...one, image: 'usual' }),
  'service renamed': (one) => ({ ...one, service: 'database' }),
  'volume renamed': (one) => ({ ...one, mounts: one.mounts.map((m) => ({ ...m, name: `${m.name}2` })) }),
  'first mount removed': (one) => ({ ...one, mounts: one.mounts.slice(1) }),
  'last mount removed': (one) => ({ ...one, mounts: one.mounts.slice(0, -1) }),
  'mounted one level above': (one) => ({
    ...one,
    mounts: one.mounts.map((m) => ({ ...m, at: m.at.replace(/(.)\/[^/]*$/, '$1') })),
  }),
  'mounted elsewhere': (one) => ({
    ...one,
    mounts: one.mounts.map((m) => ({ ...m, at: `/elsewhere${m.at}` })),
  }),
  'a named volume given': (one) => ({
    ...one,
    tmpfs: [],
    mounts: [mount('named', one.pgdata ?? DATA, 'given')],
  }),
  'a bind given': (one) => ({ ...one, tmpfs: [], mounts: [mount('bind', one.pgdata ?? DATA, 'given')] }),
  'tmpfs given': (one) => ({ ...one, mounts: [], tmpfs: [one.pgdata ?? DATA] }),
  'PGDATA in a subfolder': (one) => ({ ...one, pgdata: `${one.pgdata ?? DATA}/below` }),
  'PGDATA elsewhere': (one) => ({ ...one, pgdata: '/somewhere/else' }),
  'PGDATA left out': (one) => withoutPgdata(one),
  command: (one) => ({ ...one, command: ['postgres', '-c', 'work_mem=8MB'] }),
  'a variable': (one) => ({ ...one, note: 'changed' }),
  'a volume over a part': (one) => ({
    ...one,
    mounts: [...one.mounts, mount('named', `${one.pgdata ?? DATA}/base`, 'over')],
  }),
};

export type Action = 'up' | 'down' | 'restart' | 'rebuild';

export interface Step {
  /** A change of the compose file before it. */
  readonly change: string | undefined;
  readonly action: Action;
}

/** A compose project, and what is done to it; `up` comes before and behind. */
export interface Project {
  readonly seed: number;
  readonly storage: string;
  readonly layout: Layout;
  readonly protected: boolean;
  readonly steps: readonly Step[];
}

export const changed = (layout: Layout, change: string | undefined): Layout =>
  change === undefined ? layout : CHANGES[change]!(layout);

export function projectOf(seed: number): Project {
  const random = randomOf(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  // Each storage comes in turn, so that a few projects that rotate meet all of them soon.
  const storage = Object.keys(STORAGES)[seed % Object.keys(STORAGES).length]!;
  const layout = {
    image: 'usual',
    service: 'db',
    tmpfs: [],
    tablespace: false,
    ...STORAGES[storage]!,
  } as const;
  const length = 1 + Math.floor(random() * 3);
  const steps = Array.from({ length }, (): Step => ({
    change: random() < 0.6 ? pick(Object.keys(CHANGES)) : undefined,
    action: pick(['down', 'down', 'up', 'restart', 'rebuild']),
  }));
  return { seed, storage, layout, protected: random() < 0.25, steps };
}

/** The compose file. @param folder in which its bind mounts are, absolute */
export function composeOf(layout: Layout, images: SmallImages, external: string, folder: string): object {
  const { service, image, pgdata, mounts, tmpfs, command, link, waldir, note } = layout;
  const environment = {
    ...Object.fromEntries(
      ['USER', 'PASSWORD', 'DB'].map((name) => [`POSTGRES_${name}`, `\${POSTGRES_${name}}`]),
    ),
    ...(pgdata === undefined ? {} : { PGDATA: pgdata }),
    ...(link === undefined ? {} : { LINK: link }),
    ...(waldir === undefined ? {} : { WALDIR: waldir }),
    ...(note === undefined ? {} : { NOTE: note }),
  };
  const named = mounts.filter(({ kind }) => ['named', 'external', 'device'].includes(kind));
  const volumes = named.map(({ kind, name }) => {
    if (kind === 'external') return [name, { external: true, name: `${external}-${name}` }];
    const driver_opts = { type: 'none', o: 'bind', device: `${folder}/${name}` };
    return [name, kind === 'device' ? { driver_opts } : {}];
  });
  return {
    services: {
      [service]: {
        image: images[image],
        environment,
        volumes: mounts.map(({ kind, name, at }) =>
          kind === 'anonymous' || kind === 'tmpfs'
            ? { type: kind === 'tmpfs' ? 'tmpfs' : 'volume', target: at }
            : kind === 'bind'
              ? { type: 'bind', source: `${folder}/${name}`, target: at, bind: { create_host_path: true } }
              : { type: 'volume', source: name, target: at },
        ),
        tmpfs,
        ...(command ? { command } : {}),
      },
    },
    volumes: Object.fromEntries(volumes) as object,
  };
}
