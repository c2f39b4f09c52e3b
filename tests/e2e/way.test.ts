import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { composeWorld, type Disposable } from '../helpers/fault-worlds.ts';
import type { World } from '../helpers/fault-subjects.ts';
import { FaultyWay, type WayFault } from '../helpers/faulty-way.ts';
import { judgeWay, settingsFor, tryWay, type WayTrial } from '../helpers/way-runs.ts';
import { WAY_SUBJECTS } from '../helpers/way-subjects.ts';

/** Another sample with each commit: bench/way.ts has every command, fault and request. */
const pick = <T>(from: readonly T[], salt: number): T => from[(COMMIT >>> salt) % from.length]!;

const COMMANDS = ['backup', 'reset-db', 'up', 'down'] as const;
const FAULTS: readonly WayFault[] = ['cut', 'frozen', 'stuck', 'slow'];
const SAMPLE: readonly (WayTrial & { readonly command: string })[] = [
  // As a person meets it.
  { command: 'backup', fault: 'frozen', at: 2 + pick([0, 1, 2, 3], 4), press: false, real: true },
  { command: pick(COMMANDS, 6), fault: 'frozen', at: 1 + pick([0, 1, 2, 3, 4, 5, 6, 7], 8), press: true },
  {
    command: pick(COMMANDS, 10),
    fault: pick(FAULTS, 12),
    at: 1 + pick([0, 1, 2, 3, 4, 5], 14),
    press: false,
  },
];

describe.skipIf(inject('noEngine') !== '')('the way to the engine', () => {
  let world: World & Disposable;
  let way: FaultyWay;
  let config: string;

  beforeAll(async () => {
    world = await composeWorld();
    const socket = join(world.scratch.outside, 'way.sock');
    way = new FaultyWay((process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace('unix://', ''));
    await way.listen(socket);
    config = await settingsFor(socket, join(world.scratch.outside, 'docker'));
  });
  afterAll(async () => {
    way.close();
    await world.dispose();
  });

  test.each(SAMPLE)('$command, $fault at request $at, Ctrl-C: $press', async ({ command, ...trial }) => {
    const subject = await WAY_SUBJECTS[command]!(world);
    const outcome = await tryWay(subject, way, config, trial);
    const { cell, failed } = judgeWay(trial, outcome);
    expect(failed, `${cell}\n${outcome.said}`).toBe(false);
  });
});
