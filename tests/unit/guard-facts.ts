import type { Contents } from '../../lib/database/contents.ts';
import type { EnvironmentEntry } from '../../lib/environment/entry.ts';
import type { GuardFacts } from '../../lib/guard/facts/facts.ts';
import { NOTHING } from '../../lib/stack/plan.ts';
import type { Storage, Target } from '../../lib/stack/stack.ts';

/** Facts that no check objects to, for tests that change one of them. */

export const entry: EnvironmentEntry = { protected: false, stack: 'compose', composeFile: 'c.yml' };

export const volume = (changes: Partial<Extract<Storage, { kind: 'volume' }>> = {}): Storage => ({
  ...{ kind: 'volume', name: 'shop_data', anonymous: false, external: false },
  ...changes,
});

export const target: Target = {
  engine: 'unix:///var/run/docker.sock',
  host: 'vm7',
  project: 'shop',
  database: 'core_stg',
  user: 'app_stg',
  server: 'container 0123456789ab (running)',
  running: true,
  storage: volume(),
  otherUsers: [],
};

export const contents: Contents = {
  serverVersion: '17.11',
  systemIdentifier: '7654321098765432109',
  ...{ isStandby: false, timeline: 1, primary: null },
  dataDirectory: '/var/lib/postgresql/data',
  oid: '16385',
  size: 48_230_000,
  tables: 31,
  rows: 1_204_000,
  revisions: ['0012_orders'],
  lastActivity: new Date('2026-01-02T03:04:05Z'),
  idle: 200,
  sessions: { core_api: 3, psql: 1 },
  storageSize: 71_500_000,
  markers: { core_stg: 'vm_stg' },
};

export const facts: GuardFacts = {
  environment: { name: 'vm_stg' },
  ...{ entry, target, contents },
  markers: contents.markers,
  kept: [],
  unread: undefined,
  walled: false,
  overlaps: [],
  unknown: [],
  journalled: undefined,
  plan: NOTHING,
  needed: [],
};

/** The facts of a server that is stopped. */
export const stopped: GuardFacts = {
  ...facts,
  target: { ...target, server: 'container 0123456789ab (exited)', running: false },
  contents: undefined,
  markers: undefined,
  unread: 'service db of vm_stg is not running',
};
