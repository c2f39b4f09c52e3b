import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { EnvironmentEntry } from '../../lib/environment/registry.ts';
import { CancelledError, RefusedError } from '../../lib/errors.ts';
import { passGuard, type GuardRequest } from '../../lib/guard/guard.ts';
import { BlockedError } from '../../lib/guard/policy.ts';
import type { Target } from '../../lib/stack/stack.ts';
import { recordingTerminal } from './support.ts';

const target: Target = {
  ...{ engine: 'unix:///x', host: 'h', project: 'p', database: 'd', user: 'u', server: undefined },
  storage: { kind: 'none' },
};
const facts = { target, more: 'facts' };
const entry: EnvironmentEntry = { protected: false, stack: 'compose', composeFile: 'c.yml' };

/** What happened, in order. */
let steps: string[];
vi.mock('../../lib/guard/countdown.ts', () => ({
  countdown: (seconds: number, _terminal: unknown, signal: AbortSignal) => {
    steps.push(`wait ${seconds}`);
    return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
  },
}));
beforeEach(() => void (steps = []));

function guard(changes: Partial<GuardRequest<typeof facts>> = {}) {
  const { terminal, written } = recordingTerminal();
  const line = terminal.line.bind(terminal);
  terminal.line = (text) => {
    if (text.includes('will be destroyed')) steps.push('screen');
    line(text);
  };
  const passing = passGuard({
    environment: { name: 'vm_stg' },
    entry,
    deed: { what: 'DB reset', effect: 'destroy' as const, forced: 'make x FORCE=1', backup: 'make backup' },
    force: false,
    exportedForce: undefined,
    wait: 5,
    dryRun: false,
    terminal,
    signal: new AbortController().signal,
    facts: () => (steps.push('facts'), Promise.resolve(facts)),
    preflight: () => (steps.push('preflight'), Promise.resolve()),
    ...changes,
  });
  return { passing, written };
}

test('the order of the gate, and the facts that were shown come out of it', async () => {
  const { passing, written } = guard();
  expect(await passing).toBe(facts);
  expect(steps).toEqual(['facts', 'preflight', 'screen', 'wait 5']);
  expect(written.err).toContain('database     d of u');
  expect(written.out).toBe('');
});

describe('a protected environment', () => {
  const prod = { environment: { name: 'vm_prod' }, entry: { ...entry, protected: true } };

  test.each([undefined, '1'])('is not even looked at without FORCE (exported: %j)', async (exportedForce) => {
    await expect(guard({ ...prod, exportedForce }).passing).rejects.toThrow(BlockedError);
    expect(steps).toEqual([]);
  });

  test('with FORCE waits five seconds at least', async () => {
    await guard({ ...prod, force: true, wait: 0 }).passing;
    expect(steps.at(-1)).toBe('wait 5');
  });
});

test('nobody waits for what will be refused', async () => {
  const refused = new RefusedError('the data is in an external volume');
  await expect(guard({ preflight: () => Promise.reject(refused) }).passing).rejects.toBe(refused);
  expect(steps).toEqual(['facts']);
});

test('a dry run shows the same and waits for nothing', async () => {
  const { passing, written } = guard({ dryRun: true });
  await passing;
  expect(steps).toEqual(['facts', 'preflight', 'screen']);
  expect(written.err).toContain('[info] dry run: nothing is touched (it would wait 5 s)\n');
});

test.each([false, true])('cancelled is cancelled (dry run: %j)', async (dryRun) => {
  const reason = new CancelledError('cancelled');
  await expect(guard({ dryRun, signal: AbortSignal.abort(reason) }).passing).rejects.toBe(reason);
});
