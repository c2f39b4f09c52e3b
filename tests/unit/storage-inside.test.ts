import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptying } from '../../lib/stack/compose/storage/folder.ts';
import { helperContainer } from '../../lib/stack/compose/storage/helper.ts';
import { TELL, partsOf, readTold } from '../../lib/stack/compose/storage/inside.ts';
import { AWKWARD_WORDS, temporaryFolder } from './support.ts';

const tell = (data: string, ...points: string[]): string =>
  execFileSync('sh', ['-c', TELL, 'sh', data, ...points], { encoding: 'utf8' });
const bind = (destination: string) => ({ type: 'bind', source: `/host${destination}`, destination });

test('the data directory behind a link, links in it, and mounts in it are told', () => {
  const folder = temporaryFolder({
    'real/PG_VERSION': '17',
    'real/base/5/1': '',
    'etc/key': '',
    'wal/x': '',
  });
  const at = (path: string): string => join(folder, path);
  for (const path of ['real/pg_tblspc', 'real/mounted']) mkdirSync(at(path));
  symlinkSync('real', at('data'));
  symlinkSync(at('wal'), at('real/pg_wal'));
  symlinkSync('/no/such/place', at('real/pg_tblspc/16400'));
  symlinkSync(at('etc/key'), at('real/server.key'));
  symlinkSync(at('etc/key'), at('real/base/5/2'));
  const mounts = [at('data/mounted'), at('etc/key'), at('nowhere')].map(bind);
  const told = readTold(tell(at('data'), ...mounts.map(({ destination }) => destination)), mounts);
  expect(told.directory).toBe(at('real'));
  expect(told.mounts.map(({ destination, folder }) => [destination, folder])).toEqual([
    [at('real/mounted'), true],
    [at('etc/key'), false],
    [at('nowhere'), false],
  ]);
  const parts = partsOf(told).map(({ what, path }) => `${what}: ${path}`);
  expect(parts.sort()).toEqual(
    [
      `base/5/2: ${at('etc/key')}`,
      `mounted: ${at('real/mounted')}`,
      `pg_wal: ${at('wal')}`,
      'tablespace 16400: /no/such/place',
      `the data directory: ${at('real')}`,
    ].sort(),
  );
});

test('whatever a path is called', () => {
  const names = AWKWARD_WORDS.filter((name) => name.trim() !== '');
  const folder = temporaryFolder();
  for (const [index, name] of names.entries()) {
    const [data, elsewhere] = [join(folder, 'data', name), join(folder, 'elsewhere', `${name}\n`)];
    for (const path of [data, elsewhere]) mkdirSync(path, { recursive: true });
    symlinkSync(elsewhere, join(data, `link ${index}`));
    const { directory, links } = readTold(tell(data), []);
    expect({ directory, links }).toEqual({
      directory: data,
      links: [{ path: join(data, `link ${index}`), to: elsewhere, kind: 'folder' }],
    });
  }
});

test('there is none: nothing is told of it; what was cut is no answer', () => {
  const folder = temporaryFolder();
  expect(readTold(tell(join(folder, 'none')), [])).toEqual({ directory: undefined, links: [], mounts: [] });
  expect(partsOf({ directory: undefined, links: [], mounts: [] })).toEqual([]);
  expect(() => readTold('data\0/x\0', [])).toThrow('cut');
});

test('a folder reaches the engine as it is called, without a shell or CSV in between', () => {
  for (const name of AWKWARD_WORDS) {
    const source = `/p/a, "b",source=/c/${name}`;
    const helper = emptying({ source, data: '' }, 'postgres:17');
    const made = JSON.parse(JSON.stringify(helperContainer(helper))) as {
      HostConfig: { Mounts: { Source: string; ReadOnly: boolean }[] };
      Cmd: string[];
    };
    expect(made.HostConfig.Mounts).toMatchObject([{ Source: source, ReadOnly: false }]);
    expect(made.Cmd.join(' ')).not.toContain(source);
  }
});
