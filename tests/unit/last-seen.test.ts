import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  forgetLastSeen,
  lastSeenFile,
  readLastSeen,
  writeLastSeen,
  type LastSeen,
} from '../../lib/stack/compose/survival/last-seen.ts';
import { checkData, dataVersion, storageOf, whatStays } from '../../lib/stack/embedded/data.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'makesafe-seen-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const DATA = '/var/lib/postgresql/data';
const ENGINE = 'unix:///var/run/docker.sock';
const seen: LastSeen = {
  time: '2026-11-28T12:00:00.000Z',
  engine: ENGINE,
  container: {
    ...{ id: 'x', name: 'p-db-1', service: 'db', running: true, configured: DATA, image: 'postgres:17' },
    ...{
      imageId: 'i',
      hash: 'h',
      mounts: [{ kind: 'volume', source: 'd', destination: DATA, written: DATA }],
    },
    data: { state: 'there', directory: DATA, real: DATA, links: [], elsewhere: [] },
  },
};

describe('where the data was seen last', () => {
  test('is read as it was written, for its owner only, and forgotten', async () => {
    const file = lastSeenFile(folder, 'vm_stg');
    expect(await readLastSeen(file, ENGINE)).toBeUndefined();
    await writeLastSeen(file, seen);
    expect(await readLastSeen(file, ENGINE)).toEqual(seen);
    expect(await readLastSeen(file, 'tcp://elsewhere:2376')).toBeUndefined();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await forgetLastSeen(file);
    expect(await readLastSeen(file, ENGINE)).toBeUndefined();
  });

  test.each<[string, (file: string) => void, RegExp]>([
    ['a folder', (file) => mkdirSync(file), /is no file/],
    ['a pipe', (file) => execFileSync('mkfifo', [file]), /is no file/],
    [
      '40 GB of nothing',
      (file) => (writeFileSync(file, ''), truncateSync(file, 40e9)),
      /has 40000000000 bytes/,
    ],
    ['half of it', (file) => writeFileSync(file, '{"format":1,"se'), /cannot be understood/],
    ['nothing', (file) => writeFileSync(file, ''), /cannot be understood/],
    ['null', (file) => writeFileSync(file, 'null'), /cannot be understood/],
    [
      'another format',
      (file) => writeFileSync(file, JSON.stringify({ format: 2, seen })),
      /none of this version/,
    ],
  ])('%s is a sentence with the file in it, at once', async (_what, make, says) => {
    const file = join(folder, 'x.data.json');
    make(file);
    const reading = readLastSeen(file, ENGINE);
    await expect(reading).rejects.toThrow(says);
    await expect(reading).rejects.toThrow(file);
  });
});

describe('the data of an embedded server', () => {
  const home = (): Parameters<typeof checkData>[0] => ({
    folder,
    data: join(folder, 'data'),
    log: join(folder, 'server.log'),
  });

  test('none yet', () => {
    expect(dataVersion(home())).toBeUndefined();
    checkData(home(), 'local_demo');
    expect(whatStays(home())).toBe('it has no data yet');
    expect(storageOf(home()).state).toBe('passed');
  });

  test.each<[string, (data: string) => void, RegExp]>([
    ['a file', (data) => writeFileSync(data, ''), /is no folder/],
    [
      'a link that leads nowhere',
      (data) => execFileSync('ln', ['-s', '/nowhere/at/all', data]),
      /leads nowhere/,
    ],
    ['a folder of something else', (data) => mkdirSync(data), /not a data directory of PostgreSQL/],
  ])('%s: neither started nor promised', (_what, make, says) => {
    make(home().data);
    expect(() => checkData(home(), 'local_demo')).toThrow(says);
    expect(() => whatStays(home())).toThrow(says);
    expect(() => storageOf(home())).toThrow(says);
  });

  test('of another version', () => {
    mkdirSync(home().data);
    writeFileSync(join(home().data, 'PG_VERSION'), '12\n');
    expect(() => checkData(home(), 'local_demo')).toThrow(/made by PostgreSQL 12, and .* PostgreSQL 17/);
    expect(whatStays(home())).toBe(`its data stays in ${home().data}`);
    expect(storageOf(home())).toMatchObject({ state: 'failed' });
  });
});
