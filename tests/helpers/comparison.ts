import type { Comparison, Difference } from '../../lib/schema/compare/comparison.ts';

/** A comparison with a difference of each class, for tests of what is made from one. */
export const SAMPLE: Comparison = {
  verdict: 'different',
  base: {
    label: 'local_dev',
    source: 'environment',
    database: 'core_dev',
    serverVersion: '17.10',
    pgDumpVersion: '17.10',
  },
  compared: {
    label: 'vm_stg',
    source: 'environment',
    database: 'core_stg',
    serverVersion: '15.18',
    pgDumpVersion: '17.10',
  },
  privileges: 'compared',
  objects: [
    { kind: 'COMMENT', identical: 4, equivalent: 0, different: 1, ignored: 0 },
    { kind: 'DATABASE SETTING', identical: 2, equivalent: 0, different: 1, ignored: 0 },
    { kind: 'FUNCTION', identical: 6, equivalent: 0, different: 1, ignored: 0 },
    { kind: 'INDEX', identical: 31, equivalent: 0, different: 2, ignored: 3 },
    { kind: 'TABLE', identical: 1208, equivalent: 0, different: 3, ignored: 0 },
    { kind: 'VIEW', identical: 9, equivalent: 2, different: 0, ignored: 0 },
  ],
  differences: [
    {
      kind: 'COMMENT',
      schema: 'mart',
      name: 'receive_daily',
      class: 'comment',
      changes: ["comment 'Received <b>net</b>' → '受入実績（日次）'"],
    },
    {
      kind: 'DATABASE SETTING',
      schema: '',
      name: 'TimeZone',
      class: 'definition',
      changes: ['UTC → Asia/Tokyo'],
    },
    {
      kind: 'FUNCTION',
      schema: 'mart',
      name: 'target_for(date, text)',
      class: 'definition',
      changes: [],
      base: body(40, { 21: '  RETURN coalesce(target, 0);  -- 目標' }),
      compared: body(40, { 21: '  RETURN coalesce(target, -1);  -- 目標', 22: '  -- one more line' }),
    },
    {
      kind: 'INDEX',
      schema: 'mart',
      name: '受入_日付_idx',
      table: 'receive_daily',
      class: 'only in base',
      changes: [],
      base: 'CREATE INDEX "受入_日付_idx" ON mart.receive_daily USING btree (received_on);',
    },
    {
      kind: 'INDEX',
      schema: 'stg',
      name: 'shipments_status_idx',
      table: 'shipments',
      class: 'only in compared',
      changes: [],
      compared: 'CREATE INDEX shipments_status_idx ON stg.shipments USING btree (status);',
    },
    {
      kind: 'TABLE',
      schema: 'mart',
      name: 'receive_daily',
      class: 'definition',
      changes: ['column net_weight numeric(10,2) → numeric(12,2)', 'column 備考 only in vm_stg'],
      base: table(['id bigint NOT NULL', 'received_on date NOT NULL', 'net_weight numeric(10,2)']),
      compared: table([
        'id bigint NOT NULL',
        'received_on date NOT NULL',
        'net_weight numeric(12,2)',
        '"備考" text',
      ]),
    },
    {
      kind: 'TABLE',
      schema: 'mart',
      name: '仕入先',
      class: 'owner',
      changes: ['owner app_dev → app_stg', 'owner of its sequence app_dev → app_stg'],
    },
    {
      kind: 'TABLE',
      schema: 'stg',
      name: 'shipments',
      class: 'privileges',
      changes: ['app_readonly: SELECT only in local_dev'],
    },
  ],
  ignored: [
    { pattern: 'INDEX mart.tmp_*', count: 3 },
    { pattern: 'COMMENT *', count: 0 },
  ],
  incomplete: [],
  limits: [],
};

function table(columns: readonly string[]): string {
  return `CREATE TABLE mart.receive_daily (\n    ${columns.join(',\n    ')}\n);\n`;
}

function body(lines: number, changed: Readonly<Record<number, string>>): string {
  const numbered = Array.from({ length: lines }, (_, at) => changed[at] ?? `  -- line ${at + 1}`);
  return ['CREATE FUNCTION mart.target_for(date, text) RETURNS numeric AS $$', ...numbered, '$$;'].join('\n');
}

/** The same comparison with other parts. */
export const sample = (parts: Partial<Comparison>): Comparison => ({ ...SAMPLE, ...parts });

export const difference = (parts: Partial<Difference>): Difference => ({
  kind: 'TABLE',
  schema: 'mart',
  name: 'receive_daily',
  class: 'definition',
  changes: [],
  ...parts,
});
