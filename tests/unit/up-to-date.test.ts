import { describe, expect, test } from 'vitest';
import type { ConfiguredService } from '../../lib/stack/compose/config/config.ts';
import { upToDate, type Wanted } from '../../lib/stack/compose/start/up-to-date.ts';

type Seen = Parameters<typeof upToDate>[0][number];

const container = (service: string, more: Partial<Seen> = {}, hash = `hash of ${service}`): Seen => ({
  Id: `id of ${service}`,
  State: 'running',
  ImageID: `image of ${service}`,
  Labels: { 'com.docker.compose.service': service, 'com.docker.compose.config-hash': hash },
  ...more,
});
const wanted = (services: Readonly<Record<string, ConfiguredService>>): Wanted => ({
  services,
  hashes: new Map(['db', 'api'].map((name) => [name, new Set([`hash of ${name}`, 'of the files'])])),
  images: new Map(['db', 'api'].map((name) => [name, `image of ${name}`])),
});
const BOTH = { db: {}, api: {} };

describe('whether `up` has nothing to do', () => {
  const CASES: [what: string, listed: Seen[], services: Wanted['services'], found: string[] | undefined][] = [
    ['all run', [container('db'), container('api')], BOTH, ['id of db', 'id of api']],
    ['by the hash of the files', [container('db', {}, 'of the files')], { db: {} }, ['id of db']],
    ['one has ended', [container('db'), container('api', { State: 'exited' })], BOTH, undefined],
    ['one starts again and again', [container('db', { State: 'restarting' })], { db: {} }, undefined],
    ['one is paused', [container('db', { State: 'paused' })], { db: {} }, undefined],
    ['one is missing', [container('db')], BOTH, undefined],
    ['another configuration', [container('db', {}, 'old')], { db: {} }, undefined],
    ['no hash is known', [container('web')], { web: {} }, undefined],
    ['another image', [container('db', { ImageID: 'old' })], { db: {} }, undefined],
    ['an engine that tells no image', [{ ...container('db'), ImageID: undefined! }], { db: {} }, undefined],
    ['it is pulled each time', [container('db')], { db: { pull_policy: 'always' } }, undefined],
    ['it is built each time', [container('db')], { db: { pull_policy: 'build' } }, undefined],
    ['it is never pulled', [container('db')], { db: { pull_policy: 'never' } }, ['id of db']],
    ['two of three', [container('db'), container('db')], { db: { deploy: { replicas: 3 } } }, undefined],
    ['one too many', [container('db'), container('db')], { db: { scale: 1 } }, undefined],
    ['none is wanted', [container('db')], { db: {}, api: { scale: 0 } }, ['id of db']],
    ['an orphan', [container('db'), container('old')], { db: {} }, ['id of db']],
  ];
  test.each(CASES)('%s', (_what, listed, services, found) => {
    expect(upToDate(listed, wanted(services))).toEqual(found);
  });
});
