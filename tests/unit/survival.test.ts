import { describe, expect, test } from 'vitest';
import {
  directoryOf,
  directoryToBe,
  inMemory,
  isSame,
  lossOf,
  mountsToBe,
  placeOf,
  type DataFiles,
  type Mount,
  type Planned,
} from '../../lib/stack/compose/survival/place.ts';
import {
  lostByRemoval,
  lostByReplacing,
  lostByStopping,
  remedyFor,
  whyLost,
  type Situation,
} from '../../lib/stack/compose/survival/decide.ts';
import { linksOf } from '../../lib/stack/compose/survival/files.ts';
import type { DatabaseContainer, PlannedService } from '../../lib/stack/compose/survival/survey.ts';

const DATA = '/var/lib/postgresql/data';
const HASH = 'a'.repeat(64);

const volume = (source: string, destination = DATA): Mount => ({ kind: 'volume', source, destination });
const folder = (source: string, destination = DATA): Mount => ({ kind: 'folder', source, destination });
const memory = (destination = DATA): Mount => ({ kind: 'memory', source: '', destination });

const files = (more: Partial<DataFiles> = {}): DataFiles => {
  const { directory = DATA } = more;
  return { state: 'there', directory, real: directory, links: [], elsewhere: [], ...more };
};
const planned = (mounts: readonly Mount[], more: Partial<Planned> = {}): Planned => ({
  ...{ mounts, directory: DATA, sameImage: true },
  ...more,
});

describe('where a path of a container is', () => {
  test.each<[string, readonly Mount[], ReturnType<typeof placeOf>]>([
    [DATA, [], { kind: 'layer' }],
    [DATA, [volume('data')], { kind: 'volume', name: 'data', path: '' }],
    [`${DATA}/sub`, [volume('data')], { kind: 'volume', name: 'data', path: 'sub' }],
    [DATA, [volume('data', '/var/lib/postgresql')], { kind: 'volume', name: 'data', path: 'data' }],
    [DATA, [volume('data', `${DATA}/below`)], { kind: 'layer' }],
    [`${DATA}base`, [volume('data')], { kind: 'layer' }],
    [DATA, [volume('up', '/var/lib/postgresql'), volume('deep')], { kind: 'volume', name: 'deep', path: '' }],
    [`${DATA}/x`, [folder('/srv/pg')], { kind: 'folder', path: '/srv/pg/x' }],
    [DATA, [memory('/var/lib')], { kind: 'memory' }],
    [DATA, [memory('/var/lib'), volume('data')], { kind: 'volume', name: 'data', path: '' }],
    [DATA, [folder('/srv', '/')], { kind: 'folder', path: `/srv${DATA}` }],
  ])('%s with %j: %j', (path, mounts, place) => {
    expect(placeOf(path, mounts)).toEqual(place);
  });

  test('what a container has for itself alone is never the same as that of another', () => {
    const all = [placeOf(DATA, []), placeOf(DATA, [memory()]), placeOf(DATA, [volume('')])];
    for (const one of all) for (const other of all) expect(isSame(one, other)).toBe(false);
  });
});

describe('whether a new container has the data', () => {
  const kept = [volume('data')];
  test.each<[string, readonly Mount[], DataFiles, Planned, string | undefined]>([
    ['the same volume', kept, files(), planned(kept), undefined],
    ['the same folder', [folder('/srv')], files(), planned([folder('/srv')]), undefined],
    ['another volume', kept, files(), planned([volume('other')]), 'moved'],
    ['another folder', [folder('/srv')], files(), planned([folder('/srv2')]), 'moved'],
    ['no mount any more', kept, files(), planned([]), 'moved'],
    ['its own layer', [], files(), planned([]), 'moved'],
    ['a new anonymous volume', [volume(HASH)], files(), planned([volume('')]), 'moved'],
    ['the anonymous volume, inherited', [volume(HASH)], files(), planned([volume(HASH)]), undefined],
    ['memory', [memory()], files(), planned([memory()]), 'moved'],
    [
      'a mount one level above',
      [volume('data', '/var/lib/postgresql'), volume(HASH)],
      files(),
      planned([volume('data', '/var/lib/postgresql'), volume('')]),
      'moved',
    ],
    [
      'mount and PGDATA moved together',
      kept,
      files(),
      planned([volume('data', '/pg')], { directory: '/pg' }),
      undefined,
    ],
    ['PGDATA moved below the mount', kept, files(), planned(kept, { directory: `${DATA}/x` }), 'moved'],
    ['a directory that nobody can tell', kept, files(), planned(kept, { directory: undefined }), 'unknown'],
    ['nothing to lose', [], files({ state: 'none' }), planned([]), undefined],
    ['data that was not found', kept, files({ state: 'unknown' }), planned(kept), 'unknown'],
    [
      'the volume seen through another mount',
      [volume('data', '/a')],
      files({ directory: '/a/pg' }),
      planned([volume('data', '/b')], { directory: '/b/pg' }),
      undefined,
    ],
    // Parts of it.
    [
      'pg_wal in the layer',
      kept,
      files({ elsewhere: [{ what: 'pg_wal', path: '/wal' }] }),
      planned(kept),
      'moved',
    ],
    [
      'pg_wal in a volume',
      [...kept, volume('wal', '/wal')],
      files({ elsewhere: [{ what: 'pg_wal', path: '/wal' }] }),
      planned([...kept, volume('wal', '/wal')]),
      undefined,
    ],
    [
      'a tablespace whose mount is gone',
      [...kept, volume('fast', '/fast')],
      files({ elsewhere: [{ what: 'tablespace 16384', path: '/fast' }] }),
      planned(kept),
      'moved',
    ],
    [
      'a mount in the data that is anonymous',
      [...kept, volume(HASH, `${DATA}/base`)],
      files(),
      planned([...kept, volume('', `${DATA}/base`)]),
      'moved',
    ],
    [
      'a new mount that hides a part',
      kept,
      files(),
      planned([...kept, volume('x', `${DATA}/base`)]),
      'moved',
    ],
    [
      'memory for what passes',
      [...kept, memory(`${DATA}/pg_stat_tmp`)],
      files(),
      planned([...kept, memory(`${DATA}/pg_stat_tmp`)]),
      undefined,
    ],
    // Links.
    [
      'a link in the layer to a volume',
      [volume('data', '/d')],
      files({ directory: '/pg', real: '/d', links: [{ path: '/pg', ofImage: false }] }),
      planned([volume('data', '/d')], { directory: '/pg' }),
      'moved',
    ],
    [
      'a link of the image to a volume',
      [volume('data', '/d')],
      files({ directory: '/pg', real: '/d', links: [{ path: '/pg', ofImage: true }] }),
      planned([volume('data', '/d')], { directory: '/pg' }),
      undefined,
    ],
    [
      'a link of another image',
      [volume('data', '/d')],
      files({ directory: '/pg', real: '/d', links: [{ path: '/pg', ofImage: true }] }),
      planned([volume('data', '/d')], { directory: '/pg', sameImage: false }),
      'moved',
    ],
    [
      'a link in the volume out of it',
      kept,
      files({ directory: `${DATA}/pg`, real: '/pgdata', links: [{ path: `${DATA}/pg`, ofImage: false }] }),
      planned(kept, { directory: `${DATA}/pg` }),
      'moved',
    ],
    [
      'a link in the volume to itself',
      kept,
      files({ directory: `${DATA}/pg`, real: `${DATA}/17`, links: [{ path: `${DATA}/pg`, ofImage: false }] }),
      planned(kept, { directory: `${DATA}/pg` }),
      undefined,
    ],
    [
      'a link, and PGDATA elsewhere',
      [volume('data', '/d')],
      files({ directory: '/pg', real: '/d', links: [{ path: '/pg', ofImage: true }] }),
      planned([volume('data', '/d')], { directory: '/d' }),
      'unknown',
    ],
  ])('%s', (_what, mounts, data, next, kind) => {
    expect(lossOf({ mounts, data }, next)?.kind).toBe(kind);
  });

  test.each<[readonly Mount[], DataFiles, string | undefined]>([
    [[memory()], files(), DATA],
    [[memory()], files({ state: 'none' }), undefined],
    [[volume('data')], files(), undefined],
    [[volume('data'), memory('/tmp')], files({ state: 'unknown' }), undefined],
    [[memory('/db')], files({ state: 'unknown' }), '/db'],
    [[volume('data'), memory(`${DATA}/base`)], files(), `${DATA}/base`],
    [[volume('data'), memory(`${DATA}/pg_stat_tmp`)], files(), undefined],
    [[volume('data'), memory('/wal')], files({ elsewhere: [{ what: 'pg_wal', path: '/wal' }] }), '/wal'],
  ])('what is gone when it stops: %j %j: %s', (mounts, data, path) => {
    expect(inMemory({ mounts, data })).toBe(path);
  });
});

describe('what compose mounts in a new container', () => {
  test.each<[string, readonly Mount[], readonly string[], readonly Mount[], readonly Mount[]]>([
    ['what is configured', [volume('data')], [DATA], [], [volume('data')]],
    ['what the image wants', [], [DATA], [], [volume('')]],
    ['inherited where the image wants one', [], [DATA], [volume(HASH)], [volume(HASH)]],
    ['inherited, although it was named', [], [DATA], [volume('data')], [volume('data')]],
    ['configured before inherited', [volume('new')], [DATA], [volume(HASH)], [volume('new')]],
    ['nothing that neither wants', [], [], [volume(HASH)], []],
    ['an anonymous one of the file', [volume('', '/x')], [], [volume(HASH, '/x')], [volume(HASH, '/x')]],
    ['no memory', [], [DATA], [memory()], [volume('')]],
  ])('%s', (_what, configured, ofImage, replaced, mounts) => {
    expect(mountsToBe(configured, ofImage, replaced)).toEqual(mounts);
  });
});

describe('the data directory by the start', () => {
  test.each<[readonly string[], readonly string[], string]>([
    [[], [], DATA],
    [['PGDATA=/pgdata'], ['docker-entrypoint.sh', 'postgres'], '/pgdata'],
    [['PGDATA=/pgdata/'], [], '/pgdata'],
    [['PGDATA=/own', 'PGDATA=/of-image'], [], '/own'],
    [['PGDATA=/pgdata'], ['postgres', '-D', '/other'], '/other'],
    [['PGDATA=/pgdata'], ['postgres', '-D/other'], '/other'],
    [[], ['postgres', '-c', 'data_directory=/other'], '/other'],
    [[], ['postgres', '--data-directory=/other'], '/other'],
    [['PGDATA=/pgdata'], ['sh', '-c', 'exec postgres -D "$PGDATA"'], '/pgdata'],
    [['PGDATA=/pgdata'], ['postgres', '-c', 'fsync=off'], '/pgdata'],
  ])('%j %j: %s', (env, words, directory) => {
    expect(directoryOf({ env, words })).toBe(directory);
  });

  test('where the server has it elsewhere, only the same start leads there', () => {
    const elsewhere = files({ directory: '/by-file' });
    expect(directoryToBe(elsewhere, '/a', '/a')).toBe('/by-file');
    expect(directoryToBe(elsewhere, '/a', '/b')).toBeUndefined();
    expect(directoryToBe(files(), DATA, '/b')).toBe('/b');
  });
});

describe('the decision', () => {
  const container = (more: Partial<DatabaseContainer> = {}): DatabaseContainer => ({
    ...{ id: 'x', name: 'p-db-1', service: 'db', running: true, configured: DATA, image: 'postgres:17' },
    ...{ imageId: 'i17', hash: 'h', mounts: [{ ...volume('data'), written: DATA }], data: files() },
    ...more,
  });
  const service = (more: Partial<PlannedService> = {}): PlannedService => ({
    ...{ configured: [volume('data')], ofImage: [DATA], directory: DATA, imageId: 'i17' },
    ...more,
  });
  const situation = (more: Partial<Situation> = {}): Situation => ({
    ...{ containers: [container()], services: new Map([['db', service()]]), databaseService: 'db' },
    ...{ disabled: new Set<string>(), hashes: new Map() },
    ...more,
  });
  const unnamed = container({ mounts: [{ ...volume(HASH), written: DATA }] });
  const nothingMounted = service({ configured: [] });

  test('a named volume is found by removal, replacement and renaming of the service', () => {
    for (const one of [
      situation(),
      situation({ services: new Map([['db2', service()]]), databaseService: 'db2' }),
    ]) {
      expect(lostByRemoval(one)).toEqual([]);
      expect(lostByReplacing(one)).toEqual([]);
    }
  });

  test('an anonymous volume is lost by removal, not by replacement, and by renaming', () => {
    const same = situation({ containers: [unnamed], services: new Map([['db', nothingMounted]]) });
    expect(lostByRemoval(same)).toHaveLength(1);
    expect(lostByReplacing(same)).toEqual([]);
    const renamed = situation({
      ...{ containers: [unnamed], services: new Map([['db2', nothingMounted]]), databaseService: 'db2' },
    });
    expect(lostByReplacing(renamed)).toHaveLength(1);
  });

  test('what compose leaves as it is loses nothing', () => {
    const layer = container({ mounts: [], configured: '/pg', data: files({ directory: '/pg' }) });
    const services = new Map([['db', service({ configured: [], directory: '/pg' })]]);
    const of = (hash: string): Situation =>
      situation({ containers: [layer], services, hashes: new Map([['db', hash]]) });
    expect(lostByReplacing(of('h'))).toEqual([]);
    expect(lostByReplacing(of('other'))).toHaveLength(1);
    const otherImage = new Map([['db', service({ configured: [], directory: '/pg', imageId: 'i18' })]]);
    expect(lostByReplacing({ ...of('h'), services: otherImage })).toHaveLength(1);
  });

  test('a service behind a profile is left alone', () => {
    const tools = container({ service: 'tools', mounts: unnamed.mounts });
    const of = situation({ containers: [container(), tools] });
    expect(lostByReplacing(of)).toHaveLength(1);
    expect(lostByReplacing({ ...of, disabled: new Set(['tools']) })).toEqual([]);
  });

  test('only a server that runs has something in memory', () => {
    const mounts = [{ ...memory(), written: DATA }];
    expect(lostByStopping(situation({ containers: [container({ mounts })] }))).toHaveLength(1);
    expect(lostByStopping(situation({ containers: [container({ mounts, running: false })] }))).toEqual([]);
  });

  const words = {
    ...{ file: 'compose.yaml', keyOf: (name: string) => name.replace('p_', '') },
    command: (task: string, more = '') => `make ${task} ENV=x${more && ` ${more}`}`,
  };

  test('says where the data is, where it would be looked for, and what to write', () => {
    const above = container({
      mounts: [
        { ...volume('p_pg', '/var/lib/postgresql'), written: '/var/lib/postgresql' },
        { ...volume(HASH), written: DATA },
      ],
    });
    const services = new Map([['db', service({ configured: [volume('p_pg', '/var/lib/postgresql')] })]]);
    const [lost] = lostByRemoval(situation({ containers: [above], services }));
    expect(whyLost(lost!)).toBe(
      `the data of p-db-1 (${DATA}) is in anonymous volume aaaaaaaaaaaa, and a new container would use a new anonymous volume`,
    );
    expect(remedyFor(lost!, services.get('db'), words)).toEqual([
      'make backup ENV=x',
      `compose.yaml: for service db write "pg:${DATA}" instead of "pg:/var/lib/postgresql"`,
      'then make db-reset-volume-env ENV=x; make up ENV=x; make restore-from-dump ENV=x DUMP=<the backup>',
      `or keep that volume by its name: volumes: { data: { external: true, name: ${HASH} } }`,
    ]);
  });

  test('of a configuration that was changed it says what to put back', () => {
    const services = new Map([['db', service({ configured: [volume('p_other')] })]]);
    const of = container({ mounts: [{ ...volume('p_data'), written: DATA }] });
    const [lost] = lostByRemoval(situation({ containers: [of], services }));
    expect(whyLost(lost!)).toBe(
      `the data of p-db-1 (${DATA}) is in volume p_data, and a new container would use volume p_other`,
    );
    expect(remedyFor(lost!, services.get('db'), words)[0]).toBe(
      `compose.yaml: service db has its data where "data:${DATA}" is mounted: put that back`,
    );
  });
});

test('links are read from a tar, also those that are too long for its head', () => {
  const entry = (name: string, kind: string, size = 0, target = ''): Buffer => {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write(size.toString(8).padStart(11, '0'), 124);
    head.write(kind, 156);
    head.write(target, 157);
    return head;
  };
  const long = `/${'long/'.repeat(40)}`;
  const said = ` linkpath=${long}\n`;
  const body = Buffer.alloc(512);
  const record = `${said.length + 3}${said}`;
  body.write(record);
  const tar = Buffer.concat([
    ...[entry('pg_tblspc/', '5'), entry('pg_tblspc/16384', '2', 0, '/fast')],
    ...[entry('PaxHeaders', 'x', record.length), body, entry('pg_tblspc/16385', '2', 0, 'cut')],
    Buffer.alloc(1024),
  ]);
  expect(linksOf(tar)).toEqual([
    { name: '16384', target: '/fast' },
    { name: '16385', target: long },
  ]);
});
