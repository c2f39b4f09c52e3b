import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseName } from '../../lib/environment/checkout-name.ts';
import {
  inCheckout,
  placeOf,
  readCheckout,
  writeCheckout,
  type Checkout,
} from '../../lib/environment/checkout.ts';
import type { Registry } from '../../lib/environment/entry.ts';
import { choosePort } from '../../lib/stack/compose/checkout/choose-port.ts';
import { overrideOf, sharedStorage } from '../../lib/stack/compose/checkout/override.ts';
import { leftProjects } from '../../lib/stack/compose/checkout/removed.ts';
import type { ListedContainer } from '../../lib/stack/compose/containers/container.ts';

type Made = 'here' | 'elsewhere' | undefined;
const FIRST: Checkout = { name: '', root: '/shop', projects: ['dev'], ports: {} };

describe('the name of a checkout', () => {
  const known = {
    place: { folder: 'Shop_2', linked: false },
    projects: ['dev', 'demo'],
    others: [] as readonly Checkout[],
    madeIn: (): Made => undefined,
    exists: () => false,
  };
  const linked = { place: { folder: 'Shop_2', linked: true } };
  test.each([
    ['', 'a clone, and nothing is known of another', {}],
    ['shop-2', 'a linked worktree, also if the main one was never used', linked],
    ['', 'a linked worktree from which the plain project runs', { ...linked, madeIn: (): Made => 'here' }],
    ['shop-2', 'a clone beside the first one', { others: [FIRST] }],
    ['', 'a clone beside a repository with other projects', { others: [{ ...FIRST, projects: ['x'] }] }],
    ['shop-2', 'the plain project was made elsewhere', { madeIn: (): Made => 'elsewhere' }],
    ['shop-2-2', 'another has this name', { others: [FIRST, { ...FIRST, name: 'shop-2' }] }],
    [
      'shop-2-2',
      'the engine has such a project',
      { ...linked, exists: (one: string) => one === 'dev-shop-2' },
    ],
    ['checkout', 'no letter of the folder may be in a name', { place: { folder: '作業', linked: true } }],
  ])('%s: %s', (name, _why, more) => {
    expect(chooseName({ ...known, ...more })).toBe(name);
  });

  test('however folders are called, no two checkouts have one name', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.boolean()), { maxLength: 12 }), (folders) => {
        const others: Checkout[] = [];
        for (const [folder, isLinked] of folders) {
          const name = chooseName({ ...known, place: { folder, linked: isLinked }, others });
          expect(name).toMatch(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/);
          others.push({ ...FIRST, name });
        }
        expect(new Set(others.map(({ name }) => name)).size).toBe(others.length);
      }),
    );
  });
});

describe('what is written in a checkout', () => {
  let folder: string;
  beforeEach(() => void (folder = realpathSync(mkdtempSync(join(tmpdir(), 'makesafe-checkout-')))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (...names: string[]): string => join(folder, ...names);

  test('stays true when the folder is moved, and not when it is copied', async () => {
    await writeCheckout(at('one'), { ...FIRST, name: 'x', root: at('one') });
    await writeCheckout(at('copy'), { ...FIRST, name: 'x', root: at('one') });
    expect(readCheckout(at('copy'))).toBeUndefined();
    expect(readCheckout(at('one'))?.name).toBe('x');
    renameSync(at('one'), at('moved'));
    expect(readCheckout(at('moved'))?.name).toBe('x');
  });

  test.each(['', '{', '[]', '{"name": 3}', 'null'])('%j counts as nothing', (text) => {
    mkdirSync(at('journal'));
    writeFileSync(at('journal/checkout.json'), text);
    expect(readCheckout(folder)).toBeUndefined();
  });

  test.each([
    [true, 'gitdir: /shop/.git/worktrees/feature'],
    [false, 'gitdir: ../.git/modules/shop'],
  ])('a linked worktree: %s, %s', (isLinked, text) => {
    mkdirSync(at('feature/services/api'), { recursive: true });
    writeFileSync(at('feature/.git'), text);
    expect(placeOf(at('feature/services/api'))).toEqual({ folder: 'feature', linked: isLinked });
    expect(placeOf(at('feature'))).toEqual({ folder: 'feature', linked: isLinked });
  });
});

test('only local environments of compose are called otherwise', () => {
  const entry = { protected: false, stack: 'compose', composeFile: 'c.yml' } as const;
  const registry: Registry = {
    default: 'dev',
    environments: {
      dev: { ...entry, local: true, project: 'shop' },
      demo: { protected: false, local: true, stack: 'embedded' },
      stg: entry,
      prod: { ...entry, local: true, protected: true },
    },
  };
  const { dev, ...others } = inCheckout('/shop', registry, { ...FIRST, name: 'x' }).environments;
  expect(dev).toMatchObject({
    project: 'shop-x',
    composeFile: ['c.yml'],
    checkout: { name: 'x', ports: {} },
  });
  expect(others).toEqual({
    demo: registry.environments['demo'],
    stg: entry,
    prod: registry.environments['prod'],
  });
  expect(inCheckout('/shop', registry, FIRST)).toBe(registry);
});

describe('the compose file of a checkout', () => {
  const own = { project: 'dev-x', name: 'x', ports: { '5432': 20001, '53': 20002 } };
  const data = { volumes: [{ type: 'volume', source: 'data', target: '/var/lib/postgresql/data' }] };

  test('renames what only one project can have, and nothing else', () => {
    const config = {
      services: {
        db: {
          ...data,
          container_name: 'the-db',
          ports: [
            { host_ip: '127.0.0.1', target: 5432, published: '5432', protocol: 'tcp' },
            { target: 53, published: '53', protocol: 'udp' },
            { target: 80 },
          ],
        },
        api: { build: {}, image: 'shop/api:1' },
        worker: { image: 'shop/api:1' },
        cache: { image: 'redis' },
      },
      volumes: {
        data: { name: 'the$data', external: true },
        own: { name: 'dev-x_own' },
        files: { name: 'f', external: true },
      },
      networks: {
        default: { name: 'dev-x_default' },
        net: { name: 'n' },
        corp: { name: 'c', external: true },
      },
    };
    expect(overrideOf(config, own)).toMatchInlineSnapshot(`
      "services:
        "db":
          container_name: "the-db-x"
          ports: !override [{"host_ip":"127.0.0.1","target":5432,"published":"20001","protocol":"tcp"},{"target":53,"published":"20002","protocol":"udp"},{"target":80}]
        "api":
          image: "shop/api:1-x"
        "worker":
          image: "shop/api:1-x"
      volumes:
        "data": {"name":"the$$data-x","external":false}
      networks:
        "net": {"name":"n-x"}
      "
    `);
  });

  test.each([
    ['a volume', data, undefined],
    [
      'a folder of the checkout',
      { volumes: [{ type: 'bind', source: '/shop/data', target: '/var/lib/postgresql' }] },
      undefined,
    ],
    [
      'another folder',
      { volumes: [{ type: 'bind', source: '/srv/pg', target: '/var/lib/postgresql' }] },
      'folder /srv/pg/data',
    ],
    [
      'a file beside the data',
      { volumes: [{ type: 'bind', source: '/etc/localtime', target: '/etc/localtime' }] },
      undefined,
    ],
  ])('data in %s', (_what, db, said) => {
    expect(sharedStorage({ services: { db }, volumes: { data: { name: 'd' } } }, 'db', '/shop')).toBe(said);
  });
});

test('a port is the same again, and one that is taken gives way to the next', async () => {
  const free = (): boolean => true;
  const port = await choosePort('/shop', 'dev', '5432', free);
  expect(await choosePort('/shop', 'dev', '5432', free)).toBe(port);
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(await choosePort('/shop', 'dev', '5432', (one) => one !== port)).not.toBe(port);
});

describe('what removed checkouts have left', () => {
  const container = (project: string, folder?: string): ListedContainer => ({
    ...{ Id: project, Names: [], State: 'running', Mounts: [] },
    Labels: {
      'com.docker.compose.project': project,
      ...(folder === undefined ? {} : { 'com.docker.compose.project.working_dir': folder }),
    },
  });
  test.each<[what: string, own: string, one: ListedContainer, found: string[]]>([
    ['a removed one', 'dev', container('dev-a', '/gone/a'), ['dev-a']],
    ['one whose folder is there', 'dev', container('dev-a', '/src/a'), []],
    ['this one, which was moved', 'dev-a', container('dev-a', '/gone/a'), []],
    ['another one, which was moved', 'dev', container('dev-moved', '/gone/a'), []],
    ['the first one, which is not told from other repositories', 'dev-a', container('dev', '/gone/a'), []],
    ['of another repository', 'dev', container('shop-a', '/gone/a'), []],
    ['made by another program than compose', 'dev', container('dev-a'), []],
    ['production, deployed from a folder that is gone', 'dev', container('dev-prod', '/gone/a'), []],
    ['without labels', 'dev', { ...container('x'), Labels: null }, []],
  ])('%s', (_what, own, one, found) => {
    const left = leftProjects({
      ...{ containers: [one], own, plain: 'dev', projects: ['dev-prod'], others: [{ name: 'moved' }] },
      isGone: (folder) => folder.startsWith('/gone/'),
    });
    expect([...left.keys()]).toEqual(found);
  });

  test("what a wall holds is nobody's to remove", () => {
    const wall: ListedContainer = { ...container('x'), Labels: { 'makesafe.wall': 'dev-live' } };
    const containers = [container('dev-live', '/gone/live'), wall];
    const left = leftProjects({
      ...{ containers, own: 'dev', plain: 'dev', projects: [], others: [] },
      isGone: () => true,
    });
    expect([...left.keys()]).toEqual([]);
  });
});
