import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { findPlugin } from '../../lib/stack/compose/plugin.ts';
import { temporaryFolder } from './support.ts';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));

function program(path: string, mode = 0o755): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}
const find = (): string | undefined =>
  findPlugin(join(folder, 'own'), [join(folder, 'a'), join(folder, 'b')]);

test('none where docker has none', () => expect(find()).toBeUndefined());

test('the first of the machine', () => {
  const first = program('a/docker/cli-plugins/docker-compose');
  program('b/docker/cli-plugins/docker-compose');
  expect(find()).toBe(first);
});

test('the own one before those of the machine', () => {
  program('a/docker/cli-plugins/docker-compose');
  const own = program('own/cli-plugins/docker-compose');
  expect(find()).toBe(own);
});

test('not one that cannot be run', () => {
  program('a/docker/cli-plugins/docker-compose', 0o644);
  const other = program('b/docker/cli-plugins/docker-compose');
  expect(find()).toBe(other);
});

test('none where docker was told to look elsewhere as well', () => {
  program('own/cli-plugins/docker-compose');
  writeFileSync(join(folder, 'own/config.json'), '{"cliPluginsExtraDirs":["/opt"]}');
  expect(find()).toBeUndefined();
});
