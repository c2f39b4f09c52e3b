import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { endSessions, isInside } from '../../lib/stack/compose/destroy.ts';
import { spares } from '../../lib/stack/compose/spares.ts';
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

test.each([
  ['at once where nothing needs the server', {}, 0],
  ['while what needs the server ends', { app: { depends_on: { db: {} } } }, 150],
  ['at once where something else is needed', { app: { depends_on: { cache: {} } }, cache: {} }, 0],
])('sessions are ended %s', (_when, others, milliseconds) => {
  vi.useFakeTimers();
  const ends = vi.spyOn(spares, 'endAll');
  endSessions('id', { services: { db: {}, ...others } }, 'db');
  if (milliseconds > 0) {
    vi.advanceTimersByTime(milliseconds - 1);
    expect(ends).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
  }
  expect(ends.mock.calls).toEqual([['id']]);
  vi.restoreAllMocks();
  vi.useRealTimers();
});
