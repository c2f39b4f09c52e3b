import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findPlugin, runCompose } from '../../lib/stack/compose/engine/plugin.ts';
import { temporaryFolder } from './support.ts';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));

function program(path: string, mode = 0o755, text = ''): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
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

describe('a docker compose command', () => {
  beforeEach(() => {
    const own = program('own/cli-plugins/docker-compose', 0o755, '#!/bin/sh\necho plugin "$@"\n');
    vi.stubEnv('DOCKER_CONFIG', dirname(dirname(own)));
    vi.stubEnv('PATH', dirname(program('bin/docker', 0o755, '#!/bin/sh\necho docker "$@"\n')));
  });
  afterEach(() => void vi.unstubAllEnvs());
  const runs = async (args: string, asksEngine?: boolean): Promise<string> =>
    (await runCompose({ file: 'docker', args: args.split(' ') }, {}, asksEngine)).stdout.trim();

  test.each([
    ['is run by its plugin', 'compose -p x up -d', undefined, 'plugin -p x up -d'],
    [
      'of a pinned context by docker',
      '--context vm compose -p x up',
      true,
      'docker --context vm compose -p x up',
    ],
    ['that asks no engine by its plugin', '--context vm compose -p x config', false, 'plugin -p x config'],
    ['whatever a context is called', '--context compose compose config', false, 'plugin config'],
  ])('%s', async (_what, typed, asksEngine, expected) => {
    expect(await runs(typed, asksEngine)).toBe(expected);
  });

  test('by docker where that may look elsewhere', async () => {
    writeFileSync(join(folder, 'own/config.json'), '{"cliPluginsExtraDirs":["/opt"]}');
    expect(await runs('compose ps')).toBe('docker compose ps');
  });
});
