import { expect, test, vi } from 'vitest';
import { makeActor } from '../../lib/output/actor.ts';
import { recordingTerminal } from './support.ts';

test.each([
  [false, 'done', 1, ''],
  [true, undefined, 0, 'DROP DATABASE x;\n'],
])('dry run %j', async (dryRun, result, calls, out) => {
  const { terminal, written } = recordingTerminal();
  const action = vi.fn(() => Promise.resolve('done'));
  const actor = makeActor(dryRun, terminal);
  expect(actor.dryRun).toBe(dryRun);
  expect(await actor.act('DROP DATABASE x;', action)).toBe(result);
  expect(action).toHaveBeenCalledTimes(calls);
  expect(written).toEqual({ out, err: '' });
});

test('what goes wrong comes through', async () => {
  const actor = makeActor(false, recordingTerminal().terminal);
  await expect(actor.act('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
