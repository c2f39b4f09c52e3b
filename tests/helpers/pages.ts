import { DEFAULT_LIMITS } from '../../lib/migrations/hazards.ts';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import type { CheckResult } from '../../lib/output/check-result.ts';

/** One statement of a receipt. */
export const statement = (
  revision: string,
  more: Partial<Receipt['statements'][number]> = {},
): Receipt['statements'][number] => ({
  ...{
    revision,
    number: 1,
    sha256: 'x',
    verb: 'ALTER TABLE',
    ms: 12.4,
    rows: null,
    wal: 1200,
    together: true,
  },
  ...{ locks: [], rewritten: [], dropped: [], retyped: [], changed: [], ...more },
});
const locked = { relation: 'mart.items', relationKind: 'r', mode: 'AccessExclusiveLock', existed: true };

/** A receipt with something of each kind, of a copy without rows. */
export const RECEIPT: Receipt = {
  ...{ format: 2, environment: 'vm_prod', time: '2026-11-29T15:30:00.000Z', on: 'local_demo' },
  ...{
    serverVersion: '17.2',
    data: false,
    way: 'up',
    target: 'head',
    from: ['1'],
    to: ['3'],
    migrated: true,
  },
  ...{
    backup: null,
    schema: { before: 'a', after: 'b', pgDump: 'own', version: '17.2' },
    limits: DEFAULT_LIMITS,
  },
  revisions: ['0002', '0003'].map((revision) => ({
    ...{ revision, way: 'up', file: null, sha256: null, downgrade: 'there' },
  })),
  statements: [
    statement('0002', { dropped: [{ relation: 'mart.items', column: 'note', rows: null }], locks: [locked] }),
    statement('0003', {
      number: 2,
      ms: 1400,
      changed: [{ relation: 'a', inserted: 3, updated: 0, deleted: 0, existed: true }],
    }),
  ],
  held: [
    { ...locked, revision: '0002', number: 1, ms: 1412.4, how: 'commit' },
    { ...locked, relation: 'mart.parts', revision: '0002', number: 1, ms: 3, how: 'commit' },
  ],
  ...{
    emptied: [],
    rows: { before: {}, after: {} },
    lost: [],
    without: ['extension postgis'],
    by: 'alembic 1.20.0',
  },
  hazards: [{ kind: 'deletes-data', revision: '0002', statement: 2, relation: 'a', reason: 'drops table a' }],
};

const RESULTS: readonly CheckResult[] = [
  { check: 'one head', state: 'passed', found: '0017' },
  {
    ...{ check: 'down undoes up', state: 'failed', found: '1 revision of 17: 0012' },
    remedy: '0012.py:3: leaves an index\ncorrect it',
  },
  { check: 'models', state: 'skipped', found: 'env.py gives context.configure() no target_metadata' },
];
export const CHECKS = { environment: 'local_dev', results: RESULTS, revisions: 17, at: new Date(0) };
