import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stopOrder } from '../../lib/stack/compose/removal/destroy.ts';
import { isInside } from '../../lib/stack/compose/storage/folder.ts';
import { temporaryFolder } from './support.ts';

test('only what is below the project is inside of it, wherever links lead', () => {
  const folder = temporaryFolder({
    'project/data/pg/PG_VERSION': '17',
    'project2/data/x': '',
    'outside/x': '',
  });
  const root = join(folder, 'project');
  symlinkSync(join(folder, 'outside'), join(root, 'link-out'));
  symlinkSync(join(root, 'data'), join(folder, 'link-in'));
  symlinkSync(root, join(folder, 'other-name'));
  mkdirSync(join(root, '..data'));
  const inside = [
    'project/data',
    'project/data/pg',
    'project/..data',
    'link-in',
    'other-name/data',
    'project/not-yet',
  ];
  const outside = [
    ...[
      'project',
      'other-name',
      'project2/data',
      'outside',
      'project/link-out',
      'project/../outside',
      'not-yet',
    ],
  ];
  for (const path of inside) expect([path, isInside(`${folder}/${path}`, root)]).toEqual([path, true]);
  // On another machine what is here in the same place says nothing.
  expect(isInside(`${root}/link-out`, root, false)).toBe(true);
  expect(isInside(`${folder}/link-in`, root, false)).toBe(false);
  expect(isInside(`${root}/data/../../outside`, root, false)).toBe(false);
  for (const path of outside) expect([path, isInside(`${folder}/${path}`, root)]).toEqual([path, false]);
});

describe('stopOrder', () => {
  const waves = (services: Record<string, string[]>, containers: string[]): string[][] =>
    stopOrder(
      containers.map((name) => ({ id: name, name, service: name.replace(/-.*/, ''), state: 'running' })),
      {
        services: Object.fromEntries(
          Object.entries(services).map(([name, needs]) => [
            name,
            { depends_on: Object.fromEntries(needs.map((needed) => [needed, {}])) },
          ]),
        ),
      },
    ).map((wave) => wave.map(({ name }) => name));

  test.each<[string, Record<string, string[]>, string[], string[][]]>([
    ['nothing', {}, [], []],
    ['those that nobody needs at once', { a: [], b: [] }, ['a', 'b'], [['a', 'b']]],
    [
      'who needs others before them',
      { db: [], app: ['db'], web: ['app'] },
      ['db', 'app', 'web'],
      [['web'], ['app'], ['db']],
    ],
    [
      'all of a service together',
      { db: [], app: ['db'] },
      ['db-1', 'app-1', 'app-2'],
      [['app-1', 'app-2'], ['db-1']],
    ],
    ['orphans first', { db: [], app: ['db'] }, ['db', 'app', 'old'], [['app', 'old'], ['db']]],
    ['a circle at once', { a: ['b'], b: ['a'] }, ['a', 'b'], [['a', 'b']]],
    ['what is needed and not there does not matter', { app: ['db'] }, ['app'], [['app']]],
    ['itself does not matter', { app: ['app'] }, ['app'], [['app']]],
    ['a name that every object has', { db: [] }, ['constructor', 'db'], [['constructor', 'db']]],
  ])('%s', (_what, services, containers, expected) => {
    expect(waves(services, containers)).toEqual(expected);
  });
});
