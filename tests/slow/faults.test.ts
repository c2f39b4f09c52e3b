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

// Samples: bench/faults.ts has every step with every fault.
faultSuite('db-reset-db-env', () => resetDatabase(world), [
  ['CREATE DATABASE', 'task killed', 'disk full'],
  ['ALLOW_CONNECTIONS false; COMMENT', 'error answer'],
  ['pg_terminate_backend(pid) FROM', 'server restarted'],
  ['RENAME TO', 'task killed', 'connection lost', 'error answer'],
  ['DROP DATABASE', 'task killed', 'connection lost'],
]);

faultSuite('backup', () => backup(world), [['pg-dump-program', 'child killed', 'disk full']]);

faultSuite('restore-from-dump', () => restore(world, dump), [
  ['COPY public.restored', 'task killed', 'error answer', 'disk full'],
  ['RENAME TO', 'task killed'],
]);

faultSuite('al-up-env', () => migrate(world, '20251211_140000000'), [
  ['upgrade head', 'task killed', 'child killed'],
]);

faultSuite('db-reset-volume-env', () => resetVolume(world), [['SHOW data_directory', 'task killed']]);
