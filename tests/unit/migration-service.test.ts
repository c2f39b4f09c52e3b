import { expect, test } from 'vitest';
import { migrationConfig } from '../../lib/stack/compose/migrations/migration-service.ts';
import { sharesStorage } from '../../lib/stack/compose/start/orphans.ts';
import { waitingServices } from '../../lib/stack/compose/config/waiting-services.ts';

const text = JSON.stringify({
  name: 'shop',
  services: {
    db: { image: 'postgres:17', volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
    api: {
      ...{ image: 'shop', container_name: 'api', command: ['serve'], entrypoint: ['migrate-and'], tty: true },
      ...{ restart: 'always', labels: { 'traefik.enable': 'true' }, ports: [{ published: '80' }] },
      environment: { URL: 'a$$b' },
      deploy: { replicas: 3, resources: { limits: { memory: '1g' } } },
      networks: { back: { ipv4_address: '10.0.0.2', aliases: ['api'], priority: 1 }, front: null },
      volumes: [
        { type: 'volume', source: 'uploads', target: '/uploads' },
        { type: 'bind', source: '/src', target: '/srv' },
      ],
    },
  },
  networks: { back: { name: 'shop_back' }, front: { name: 'shop_front' }, other: { name: 'shop_other' } },
  volumes: { data: { name: 'shop_data' }, uploads: { name: 'shop_uploads' } },
});
const made = (online: boolean, volumes: string[] = []): unknown =>
  JSON.parse(
    migrationConfig(text, {
      service: 'api',
      entrypoint: ['cat'],
      online,
      volumes: new Set(volumes),
      labels: { 'makesafe.migrations': 'ours' },
    }),
  );

test('the application without what only one container can have, and without what others find it by', () => {
  expect(made(true)).toEqual({
    name: 'shop',
    services: {
      api: {
        ...{ image: 'shop', entrypoint: ['cat'], restart: 'no', tty: false, stdin_open: true },
        healthcheck: { disable: true },
        labels: { 'makesafe.migrations': 'ours' },
        environment: { URL: 'a$$b' },
        deploy: { resources: { limits: { memory: '1g' } } },
        networks: { back: { priority: 1 }, front: null },
        volumes: [
          { type: 'volume', source: 'uploads', target: '/uploads' },
          { type: 'bind', source: '/src', target: '/srv' },
        ],
      },
    },
    networks: { back: { name: 'shop_back' }, front: { name: 'shop_front' } },
    volumes: { uploads: { name: 'shop_uploads' } },
  });
});

test.each([
  ['nothing is made that was not there', [], [undefined, '/src'], {}],
  ['what is there is mounted', ['shop_uploads'], ['uploads', '/src'], { uploads: { name: 'shop_uploads' } }],
])('where only files are read there is no network, and %s', (_what, there, sources, volumes) => {
  const config = made(false, there) as {
    services: { api: { network_mode: string; volumes: { source?: string }[] } };
  };
  expect(config.services.api.network_mode).toBe('none');
  expect(config.services.api.volumes.map(({ source }) => source)).toEqual(sources);
  expect(config).toMatchObject({ networks: {} });
  expect((config as unknown as { volumes: object }).volumes).toEqual(volumes);
});

const on = (...names: string[]): { depends_on: Record<string, object> } => ({
  depends_on: Object.fromEntries(names.map((name) => [name, {}])),
});

test('who waits: the application, its image, and whatever needs the database; not what that needs', () => {
  const services = {
    init: { image: 'init' },
    db: { image: 'postgres', ...on('init') },
    cache: { image: 'redis' },
    api: { build: { context: '.' }, ...on('cache') },
    worker: { build: { context: '.' } },
    web: { image: 'nginx', ...on('admin') },
    admin: { image: 'admin', ...on('db') },
    // In a circle with itself.
    loop: { image: 'loop', ...on('loop') },
  };
  expect(waitingServices({ services }, 'db', 'api')).toEqual(['api', 'worker', 'web', 'admin']);
  expect(waitingServices({ services }, 'db', 'nowhere')).toEqual(['web', 'admin']);
});

test.each([
  [{ Type: 'volume', Name: 'shop_data' }, true],
  [{ Type: 'volume', Name: 'data' }, false],
  [{ Type: 'bind', Source: '/data/pg' }, true],
  [{ Type: 'bind', Source: '/data' }, false],
  [{ Type: 'tmpfs' }, false],
])('an orphan with %j shares storage: %s', (mount, shares) => {
  const config = {
    services: {
      db: {
        volumes: [
          { type: 'volume', source: 'data', target: '/a' },
          { type: 'bind', source: '/data/pg', target: '/b' },
        ],
      },
    },
    volumes: { data: { name: 'shop_data' } },
  };
  expect(sharesStorage([mount], config)).toBe(shares);
});
