import { expect, test } from 'vitest';
import { onceItAnswers } from '../../lib/database/once-it-answers.ts';
import { CancelledError, FailedError } from '../../lib/errors.ts';
import type { StackRun } from '../../lib/run/run.ts';
import { recordingTerminal } from './support.ts';

const attempts = async (...outcomes: readonly (Error | string)[]) => {
  const left = [...outcomes];
  const run = { stack: {}, terminal: recordingTerminal().terminal } as unknown as StackRun;
  const ended = await onceItAnswers(run, () => {
    const outcome = left.shift()!;
    return typeof outcome === 'string' ? Promise.resolve(outcome) : Promise.reject(outcome);
  }).catch((error: unknown) => error);
  return { ended, made: outcomes.length - left.length };
};

const lost = Object.assign(new Error('terminating connection'), { code: '57P01' });
const cut = new CancelledError('cancelled');
const failed = new FailedError('it is not there');

test.each<[what: string, outcomes: (Error | string)[], ended: Error | string, made: number]>([
  ['an answer', ['there'], 'there', 1],
  ['a lost session is tried again', [lost, 'there'], 'there', 2],
  ['what Ctrl-C has cut gets the rest of the time', [cut, 'there'], 'there', 2],
  ['and is cut once', [cut, cut, 'there'], cut, 2],
  ['an error of the work', [failed, 'there'], failed, 1],
])('%s', async (_what, outcomes, ended, made) => {
  expect(await attempts(...outcomes)).toEqual({ ended, made });
});
