import { afterAll, beforeAll, describe, inject } from 'vitest';
import { backup, resetDatabase, resetVolume, restore, type World } from '../helpers/fault-subjects.ts';
import { composeWorld, type Disposable } from '../helpers/fault-worlds.ts';
import { faultSuite } from '../shared/fault-suite.ts';

describe.skipIf(inject('noEngine') !== '')('commands that are ended in the middle', () => {
  describe('data on a small disk', () => {
    let world: World & Disposable;
    let dump: string;
    beforeAll(async () => {
      world = await composeWorld({ disk: true });
      dump = await world.makeDump();
    });
    afterAll(() => world.dispose());

    // Samples: bench/faults.ts has every step with every fault.
    faultSuite('db-reset-db-env', () => resetDatabase(world), [
      ['CREATE DATABASE', 'disk full'],
      ['RENAME TO', 'task killed', 'connection lost'],
    ]);
    faultSuite('backup', () => backup(world), [['pg_dump', 'child killed']]);
    faultSuite('restore-from-dump', () => restore(world, dump), [['ANALYZE', 'server restarted']]);
  });

  describe('data in a volume', () => {
    let world: World & Disposable;
    beforeAll(async () => void (world = await composeWorld()));
    afterAll(() => world.dispose());

    faultSuite('db-reset-volume-env', () => resetVolume(world), [
      ['volume rm', 'task killed'],
      ['engine GET /containers/json', 'connection lost'],
    ]);
  });
});
