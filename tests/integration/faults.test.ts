import { afterAll, beforeAll } from 'vitest';
import { PATIENCE } from '../helpers/embedded.ts';
import {
  backup,
  migrate,
  resetDatabase,
  resetVolume,
  restore,
  type World,
} from '../helpers/fault-subjects.ts';
import { embeddedWorld, type Disposable } from '../helpers/fault-worlds.ts';
import { faultSuite } from '../shared/fault-suite.ts';

let world: World & Disposable;
let dump: string;

beforeAll(async () => {
  world = await embeddedWorld();
  dump = await world.makeDump();
}, PATIENCE);
afterAll(() => world.dispose(), PATIENCE);

faultSuite('db-reset-db-env', () => resetDatabase(world), [
  ['CREATE DATABASE', 'task killed', 'connection lost', 'error answer', 'disk full'],
  ['ALLOW_CONNECTIONS false; COMMENT', 'task killed', 'connection lost', 'error answer'],
  ['pg_terminate_backend(pid) FROM', 'task killed', 'server restarted'],
  ['RENAME TO', 'task killed', 'connection lost', 'error answer', 'server restarted'],
  ['DROP DATABASE', 'task killed', 'connection lost', 'error answer'],
]);

faultSuite('backup', () => backup(world), [
  ['pg-dump-program', 'task killed', 'child killed', 'connection lost', 'error answer', 'disk full'],
]);

faultSuite('restore-from-dump', () => restore(world, dump), [
  ['COPY public.restored', 'task killed', 'connection lost', 'error answer', 'disk full', 'server restarted'],
  ['RENAME TO', 'task killed'],
]);

faultSuite('al-up-env', () => migrate(world, '20251211_140000000'), [
  ['upgrade head', 'task killed', 'child killed', 'connection lost'],
]);

faultSuite('db-reset-volume-env', () => resetVolume(world), [['SHOW data_directory', 'task killed']]);
