import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { makeActor } from '../../lib/output/actor.ts';
import { CancelledError, RefusedError } from '../../lib/errors.ts';
import { BlockedError } from '../../lib/guard/person/blocked.ts';
import type { GuardFacts } from '../../lib/guard/facts/facts.ts';
import { passGuard } from '../../lib/guard/guard.ts';
import type { GuardRequest } from '../../lib/guard/request.ts';
import { journalFile, readJournal } from '../../lib/guard/record/entries.ts';
import { BEFORE_CONTACT, BY_NAME, ON_CONTENTS, ON_FACTS } from '../../lib/guard/policy.ts';
import { holderOf } from '../../lib/system/lock.ts';
import type { Origin } from '../../lib/parameters/parameter.ts';
import type { Stack } from '../../lib/stack/stack.ts';
import type { GuardParameters } from '../../lib/guard/parameters.ts';
import type { Pending } from '../../lib/stack/alembic/pending.ts';
import type { DestructiveRun, Run, StackRun } from '../../lib/run/run.ts';
import { entry, facts, stopped, target } from './guard-facts.ts';
import { recordingTerminal, temporaryFolder } from './support.ts';

// Around the gate everything is played: who looks, who waits, who types, and where the backup comes from.
const played = vi.hoisted(() => ({
  steps: [] as string[],
  facts: [] as unknown[],
  onWait: undefined as (() => void) | undefined,
  backup: undefined as Error | undefined,
  answer: undefined as Error | undefined,
}));
vi.mock('../../lib/guard/facts/facts.ts', () => ({
  readNeighbours: () => Promise.resolve([]),
  gatherFacts: () => {
    played.steps.push('facts');
    return Promise.resolve(played.facts.length > 1 ? played.facts.shift() : played.facts[0]);
  },
}));
vi.mock('../../lib/guard/person/countdown.ts', () => ({
  countdown: (seconds: number) => {
    played.steps.push(`wait ${seconds}`);
    played.onWait?.();
    return Promise.resolve();
  },
}));
vi.mock('../../lib/guard/person/confirm.ts', () => ({
  confirmName: (name: string) => {
    played.steps.push(`type ${name}`);
    return played.answer ? Promise.reject(played.answer) : Promise.resolve();
  },
}));
vi.mock('../../lib/database/replace/interrupted.ts', () => ({
  undoInterrupted: () => {
    played.steps.push('undo');
    return Promise.resolve(true);
  },
}));
vi.mock('../../lib/guard/backup-first.ts', () => ({
  backupFirst: () => {
    played.steps.push('backup');
    return played.backup ? Promise.reject(played.backup) : Promise.resolve('backups/x.dump');
  },
}));

const running: GuardFacts = { ...facts, target: { ...target, running: false } };
const protectedEntry = { ...entry, protected: true };
beforeEach(() => {
  Object.assign(played, {
    steps: [],
    facts: [running],
    onWait: undefined,
    backup: undefined,
    answer: undefined,
  });
});

interface Play {
  readonly values?: Record<string, unknown>;
  readonly origins?: Record<string, Origin>;
  readonly dryRun?: boolean;
  readonly isProtected?: boolean;
  readonly onTerminal?: boolean;
  /** Where the output goes, when it is not where the input comes from. */
  readonly outputOnTerminal?: boolean;
  readonly signal?: AbortSignal;
  readonly request?: Partial<GuardRequest>;
  readonly action?: (run: DestructiveRun) => Promise<void>;
  readonly lock?: Stack['lock'];
  /** Whether the session that holds the lock on the server is lost while the person reads. */
  readonly lockIsLost?: boolean;
}

function guard(play: Play = {}) {
  const root = temporaryFolder();
  const { dryRun = false, isProtected = false, onTerminal = false } = play;
  const { terminal, written } = recordingTerminal({ NO_COLOR: '1' }, play.outputOnTerminal ?? onTerminal);
  const line = terminal.line.bind(terminal);
  terminal.line = (text) => {
    if (/will be (destroyed|migrated)/.test(text)) played.steps.push('screen');
    line(text);
  };
  const isTTY = process.stdin.isTTY;
  process.stdin.isTTY = onTerminal;
  onTestFinished(() => void (process.stdin.isTTY = isTTY));
  const name = isProtected ? 'vm_prod' : 'vm_stg';
  const own = isProtected ? protectedEntry : entry;
  played.facts = (played.facts as GuardFacts[]).map((one) => ({
    ...one,
    entry: own,
    environment: { name },
    markers: one.markers && { core_stg: name },
  }));
  const run = {
    committed: { entries: {} },
    ...{
      task: { name: 'db-reset-x', definition: {} },
      root,
      terminal,
      signal: play.signal ?? new AbortController().signal,
    },
    ...{ actor: makeActor(dryRun, terminal), values: { WAIT: 5, ...play.values } },
  };
  const opened = {
    ...run,
    environment: { name, entry: own, variables: new Map() },
    stack: {
      database: { name: 'core_stg' },
      lock: play.lock,
      // The lock on the server is free.
      withClient: (_database: string, work: (client: unknown) => Promise<void>) =>
        work({
          once: () => {},
          query: (text: string) =>
            Promise.resolve({
              rows: text.includes('pg_try_advisory_lock')
                ? [{ taken: true }]
                : text.includes('AS holds')
                  ? [{ holds: !play.lockIsLost }]
                  : [],
            }),
        }),
    },
  };
  const journal = journalFile(root, name);
  const passing = passGuard(
    {
      run: run as unknown as Run<GuardParameters>,
      ...{ environment: { name }, entry: own, exports: {}, exportedForce: undefined },
      action: { what: 'DB reset', effect: 'destroy', forced: 'make x FORCE=1', backup: 'make backup' },
      origins: { WAIT: 'default', FORCE: 'command line', ...play.origins },
      read: (again) => {
        if (again) played.steps.push('read again');
        return Promise.resolve(run as unknown as Run);
      },
      prepareRead: () => {},
      open: () => (played.steps.push('open'), Promise.resolve(opened as unknown as StackRun)),
      preflight: () => (played.steps.push('preflight'), Promise.resolve()),
      ...play.request,
    },
    (passed) => {
      // On record and under lock before it begins.
      played.steps.push(
        `action after ${readJournal(journal)
          .entries.map(({ event }) => event)
          .join(' ')}`,
      );
      if (!dryRun) expect(holderOf(join(root, `journal/.${name}.lock`))).toMatchObject({ pid: process.pid });
      return play.action?.(passed) ?? Promise.resolve();
    },
  );
  return { passing, written, root, journal: () => readJournal(journal).entries };
}

describe('the order of the gate', () => {
  test('of an environment that is not protected', async () => {
    const { passing, written, journal, root } = guard();
    await passing;
    expect(played.steps).toEqual([
      ...['open', 'facts', 'preflight', 'screen', 'wait 5'],
      ...['read again', 'open', 'facts', 'action after start'],
    ]);
    expect(journal().map(({ event }) => event)).toEqual(['start', 'end']);
    expect(journal()[1]).toMatchObject({ outcome: 'done' });
    expect(existsSync(join(root, 'journal/.vm_stg.lock'))).toBe(false);
    expect(written.out).toBe('');
  });

  test.each([
    [
      'the database that was shown',
      running,
      {
        systemIdentifier: '7654321098765432109',
        timeline: 1,
        oid: '16385',
        name: 'core_stg',
        marker: 'vm_stg',
      },
    ],
    ['none where its server could not be read', stopped, undefined],
  ])('the action is given %s', async (_what, seen, identity) => {
    played.facts = [seen];
    const given: unknown[] = [];
    await guard({ action: (passed) => Promise.resolve(void given.push(passed.identity)) }).passing;
    expect(given).toEqual([identity]);
  });

  test('whose lock is lost while the person reads: refused, and nothing on record', async () => {
    const { passing, journal } = guard({ lockIsLost: true });
    await expect(passing).rejects.toMatchObject({
      status: 77,
      message: expect.stringContaining('the session that held the lock on vm_stg was lost') as string,
    });
    expect(journal()).toEqual([]);
  });

  test('of a protected one, on a terminal', async () => {
    const { passing, journal } = guard({ isProtected: true, onTerminal: true, values: { FORCE: true } });
    await passing;
    expect(played.steps).toEqual([
      ...['open', 'facts', 'preflight', 'backup', 'screen', 'type vm_prod', 'wait 5'],
      ...['read again', 'open', 'facts', 'action after start'],
    ]);
    expect(journal()[0]).toMatchObject({ environment: 'vm_prod', backup: 'backups/x.dump' });
  });

  test('of a protected one whose output goes elsewhere: there is a person to type', async () => {
    await guard({ isProtected: true, onTerminal: true, outputOnTerminal: false, values: { FORCE: true } })
      .passing;
    expect(played.steps).toContain('type vm_prod');
  });

  test('of one whose server a killed run has left closed: whose it is is looked at before it is opened', async () => {
    const closed: GuardFacts = { ...running, contents: undefined, target: { ...target, running: true } };
    played.facts = [closed, running];
    await guard().passing;
    expect(played.steps.slice(0, 5)).toEqual(['open', 'facts', 'undo', 'facts', 'preflight']);

    Object.assign(played, {
      steps: [],
      facts: [{ ...closed, target: { ...closed.target, otherUsers: ['x'] } }],
    });
    await expect(guard().passing).rejects.toThrow('the storage is also mounted by x');
    expect(played.steps).toEqual(['open', 'facts']);
  });

  test('of a stopped one: the engine keeps the lock until the end', async () => {
    played.facts = [stopped];
    const release = () => (played.steps.push('release'), Promise.resolve());
    const lock = (about: string) => {
      played.steps.push('lock');
      expect(about).toMatch(/^db-reset-x by \S+ since /);
      return Promise.resolve({ release });
    };
    await guard({ lock }).passing;
    expect(played.steps.slice(3, 4)).toEqual(['lock']);
    expect(played.steps.slice(-2)).toEqual(['action after start', 'release']);
  });

  test('of a stopped one that another machine is at work on: refused', async () => {
    played.facts = [stopped];
    const { passing, journal } = guard({ lock: () => Promise.resolve({ holder: 'db-reset-x by jiro@vm9' }) });
    await expect(passing).rejects.toThrow('another run is at work on vm_stg: db-reset-x by jiro@vm9');
    expect(played.steps).toEqual(['open', 'facts', 'preflight']);
    expect(journal()).toEqual([]);
  });

  test('whose end cannot go on record: a warning, for it is done', async () => {
    const { passing, written, root } = guard({
      action: () => {
        rmSync(journalFile(root, 'vm_stg'));
        mkdirSync(journalFile(root, 'vm_stg'));
        return Promise.resolve();
      },
    });
    await passing;
    expect(written.err).toMatch(/\[warn\] how it ended is not on record: the journal cannot be written: E/);
  });

  test('of a protected one without a terminal: nobody is asked to type', async () => {
    await guard({ isProtected: true, values: { FORCE: true } }).passing;
    expect(played.steps).not.toContain('type vm_prod');
    expect(played.steps).toContain('backup');
  });

  test('of a dry run: no lock, no wait, no second look, no line in the journal', async () => {
    const { passing, written, root } = guard({ dryRun: true });
    await passing;
    expect(played.steps).toEqual(['open', 'facts', 'preflight', 'screen', 'action after ']);
    expect(written.err).toContain('[info] dry run: nothing is touched (it would wait 5 s)\n');
    expect(existsSync(join(root, 'journal'))).toBe(false);
  });
});

describe('a migration of a protected environment', () => {
  const upgrade = (pending: readonly Pending[], play: Play = {}) =>
    guard({
      isProtected: true,
      onTerminal: true,
      ...play,
      request: {
        action: { what: 'Upgrade', effect: 'migrate', forced: '', backup: 'make backup' },
        pending: () => (played.steps.push('pending'), Promise.resolve(pending)),
        ...play.request,
      },
    });
  const one: Pending = { id: '0012', message: 'add suppliers', path: null, sha256: null };

  test('wants no consent; the screen has what is pending, the action gets it', async () => {
    const given: unknown[] = [];
    const { passing, written, journal } = upgrade([one], {
      action: (passed) => Promise.resolve(void given.push(passed.pending)),
    });
    await passing;
    expect(played.steps).toEqual([
      ...['open', 'facts', 'preflight', 'pending', 'backup', 'screen', 'wait 0'],
      ...['read again', 'open', 'facts', 'action after start'],
    ]);
    expect(written.err).toContain('Upgrade: this will be migrated');
    expect(written.err).toContain('    pending      0012  add suppliers\n');
    expect(given).toEqual([[one]]);
    expect(journal()[0]).toMatchObject({ backup: 'backups/x.dump' });
  });

  test('with nothing pending takes no backup', async () => {
    const { passing, written, journal } = upgrade([]);
    await passing;
    expect(played.steps).not.toContain('backup');
    expect(written.err).toContain('    pending      none: there is nothing to migrate\n');
    expect(journal()[0]).toMatchObject({ backup: null });
  });

  test('is refused by facts as everything is', async () => {
    played.facts = [{ ...running, target: { ...running.target, otherUsers: ['x'] } }];
    await expect(upgrade([one]).passing).rejects.toThrow('the storage is also mounted by x');
    await expect(upgrade([one], { request: { exports: { PGHOST: 'x' } } }).passing).rejects.toThrow('PGHOST');
    played.facts = [stopped];
    await expect(upgrade([one]).passing).rejects.toThrow('is not running; it is protected');
    played.facts = [running];
    played.backup = new RefusedError('no room');
    await expect(upgrade([one]).passing).rejects.toThrow('no room');
    expect(played.steps).not.toContain('action after start');
  });
});

describe('a protected environment', () => {
  test.each([undefined, '1'])('is not even looked at without FORCE (exported: %j)', async (exportedForce) => {
    const { passing, root } = guard({ isProtected: true, onTerminal: true, request: { exportedForce } });
    await expect(passing).rejects.toThrow(BlockedError);
    expect(played.steps).toEqual([]);
    expect(existsSync(join(root, 'journal'))).toBe(false);
  });

  test.each([false, '1', 1, undefined])('FORCE that is %j and not true is none', async (FORCE) => {
    await expect(guard({ isProtected: true, values: { FORCE } }).passing).rejects.toThrow(BlockedError);
  });

  test('waits five seconds at least', async () => {
    await guard({ isProtected: true, values: { FORCE: true, WAIT: 0 } }).passing;
    expect(played.steps).toContain('wait 5');
  });

  test('without a backup nobody is asked, and nothing is done', async () => {
    played.backup = new RefusedError('disk full');
    const { passing, journal } = guard({ isProtected: true, onTerminal: true, values: { FORCE: true } });
    await expect(passing).rejects.toBe(played.backup);
    expect(played.steps.at(-1)).toBe('backup');
    expect(journal()).toEqual([]);
  });

  test('another name typed ends it', async () => {
    played.answer = new CancelledError('cancelled');
    const { passing, journal } = guard({ isProtected: true, onTerminal: true, values: { FORCE: true } });
    await expect(passing).rejects.toBe(played.answer);
    expect(played.steps.at(-1)).toBe('type vm_prod');
    expect(journal()).toEqual([]);
  });

  test('that is stopped is refused, FORCE or not', async () => {
    played.facts = [stopped];
    await expect(guard({ isProtected: true, values: { FORCE: true } }).passing).rejects.toThrow(
      'the database of vm_prod is not running',
    );
    expect(played.steps).toEqual(['open', 'facts']);
  });
});

describe('refused before anyone waits, with nothing on record', () => {
  test('what the shell exports, before anything is asked', async () => {
    const { passing, root } = guard({ request: { exports: { PGHOST: 'x' } } });
    await expect(passing).rejects.toThrow('PGHOST is exported');
    expect(played.steps).toEqual([]);
    expect(existsSync(join(root, 'journal'))).toBe(false);
  });

  test('a fact', async () => {
    played.facts = [{ ...running, target: { ...running.target, otherUsers: ['x (project y)'] } }];
    const { passing, journal } = guard({ values: { FORCE: true } });
    await expect(passing).rejects.toThrow('the storage is also mounted by x (project y)');
    expect(played.steps).toEqual(['open', 'facts']);
    expect(journal()).toEqual([]);
  });

  test('preflight', async () => {
    const refused = new RefusedError('the data is in an external volume');
    const { passing } = guard({ request: { preflight: () => Promise.reject(refused) } });
    await expect(passing).rejects.toBe(refused);
    expect(played.steps).toEqual(['open', 'facts']);
  });

  test('a journal that cannot be written, before the action', async () => {
    const play = guard();
    writeFileSync(join(play.root, 'journal'), '');
    await expect(play.passing).rejects.toBeInstanceOf(RefusedError);
    expect(played.steps.join()).not.toContain('action');
  });
});

test.each<[title: string, now: GuardFacts, change: string]>([
  [
    'container',
    { ...running, target: { ...running.target, server: 'container ba98 (running)' } },
    'server: container 0123456789ab (running) → container ba98 (running)',
  ],
  [
    'storage',
    { ...running, target: { ...running.target, storage: { kind: 'tmpfs' } } },
    'storage: volume shop',
  ],
])('another %s by the end of the countdown is refused', async (_title, now, change) => {
  played.facts = [running, now];
  const { passing, journal } = guard();
  await expect(passing).rejects.toThrow(`this changed in the meantime:\n${change}`);
  expect(played.steps.at(-1)).toBe('facts');
  expect(journal()).toEqual([]);
});

describe('cancelled is cancelled, and on record only once the action has begun', () => {
  test.each([false, true])('in the countdown (protected: %j)', async (isProtected) => {
    const controller = new AbortController();
    const reason = new CancelledError('cancelled');
    played.onWait = () => controller.abort(reason);
    const { passing, journal, root } = guard({
      ...{ isProtected, values: { FORCE: true } },
      signal: controller.signal,
    });
    await expect(passing).rejects.toBe(reason);
    expect(played.steps.at(-1)).toBe('wait 5');
    expect(journal()).toEqual([]);
    expect(existsSync(join(root, 'journal/.vm_stg.lock'))).toBe(false);
  });

  test.each([
    ['cancelled', new CancelledError('cancelled half way'), 'cancelled half way'],
    ['failed', new Error('disk full'), 'disk full'],
  ])('in the action: %s', async (outcome, error, message) => {
    const { passing, journal, root } = guard({ action: () => Promise.reject(error) });
    await expect(passing).rejects.toBe(error);
    expect(journal()).toMatchObject([{ event: 'start' }, { event: 'end', outcome, error: message }]);
    expect(journal()[0]!.run).toBe(journal()[1]!.run);
    expect(existsSync(join(root, 'journal/.vm_stg.lock'))).toBe(false);
  });
});

test('the journal has who, what, how it was typed, and what was met', async () => {
  const values = { ENV: 'vm_stg', FORCE: true, REV: undefined, WAIT: 0 };
  const origins = { ENV: 'command line', REV: 'default', WAIT: 'command line' } as const;
  const { passing, journal } = guard({ values, origins });
  await passing;
  expect(journal()[0]).toMatchObject({
    task: 'db-reset-x',
    parameters: {
      ENV: { value: 'vm_stg', origin: 'command line' },
      FORCE: { value: true, origin: 'command line' },
      WAIT: { value: 0, origin: 'command line' },
    },
    checks: [...BY_NAME, ...BEFORE_CONTACT, ...ON_FACTS, ...ON_CONTENTS].map(({ name }) => name),
    target: {
      database: 'core_stg',
      systemIdentifier: '7654321098765432109',
      tables: 31,
      revisions: ['0012_orders'],
    },
    backup: null,
  });
  expect(Object.keys((journal()[0] as { parameters: object }).parameters)).not.toContain('REV');
});
