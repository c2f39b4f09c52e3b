import { describe, expect, test } from 'vitest';
import type { ComposeConfig } from '../../lib/stack/compose/config/config.ts';
import { lookAtOutside, outsideOf, refuseMissing } from '../../lib/stack/compose/start/outside.ts';

const config: ComposeConfig = {
  services: {
    db: {
      volumes: [{ type: 'volume', source: 'data', target: '/data' }],
      networks: { default: null, proxy: {} },
    },
  },
  volumes: {
    data: { name: 'shop-data', external: true },
    unused: { name: 'old-data', external: true },
    own: { name: 'shop_own' },
  },
  networks: {
    default: { name: 'shop_default' },
    proxy: { name: 'proxy', external: true },
    unused: { name: 'other', external: true },
  },
};
const docker = (...args: string[]) => ({ file: 'docker', args });
const engineWith =
  (...there: string[]) =>
  <T>(path: string): Promise<T | undefined> =>
    Promise.resolve(there.includes(path) ? ({} as T) : undefined);

describe('what compose expects to be there', () => {
  test('is what is external and used', () => {
    expect(outsideOf(config)).toEqual([
      { kind: 'volume', name: 'shop-data' },
      { kind: 'network', name: 'proxy' },
    ]);
  });

  test('is there', async () => {
    const ask = engineWith('/volumes/shop-data', '/networks/proxy');
    await expect(refuseMissing(docker, ask, config)).resolves.toBeUndefined();
    expect((await lookAtOutside(docker, ask, config)).state).toBe('passed');
  });

  test.each([
    ['a network', ['/volumes/shop-data'], 'make it: docker network create proxy'],
    [
      'a volume, which may be on another engine',
      ['/networks/proxy'],
      'find the engine that has its data, or make an empty one: docker volume create shop-data',
    ],
    [
      'both',
      [],
      'find the engine that has its data, or make an empty one: docker volume create shop-data; docker network create proxy',
    ],
  ])('lacks %s: the lines that make it', async (_what, there, remedy) => {
    const ask = engineWith(...there);
    await expect(refuseMissing(docker, ask, config)).rejects.toMatchObject({ status: 78, hint: remedy });
    expect(await lookAtOutside(docker, ask, config)).toMatchObject({ state: 'failed', remedy });
  });
});
