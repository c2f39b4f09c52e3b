import { afterAll, beforeAll, describe, inject } from 'vitest';
import { resetDatabase, resetVolume, type World } from '../helpers/fault-subjects.ts';
import { composeWorld, type Disposable } from '../helpers/fault-worlds.ts';
import { faultSuite } from '../shared/fault-suite.ts';

describe.skipIf(inject('noEngine') !== '')('commands that are ended in the middle', () => {
  let world: World & Disposable;
  beforeAll(async () => void (world = await composeWorld()));
  afterAll(() => world.dispose());

  faultSuite('db-reset-db-env', () => resetDatabase(world), [
    ['CREATE DATABASE', 'task killed'],
    ['RENAME TO', 'task killed', 'connection lost', 'server restarted'],
    ['$ docker exec', 'child killed'],
  ]);

  faultSuite('db-reset-volume-env', () => resetVolume(world), [['down', 'task killed', 'child killed']]);
});
