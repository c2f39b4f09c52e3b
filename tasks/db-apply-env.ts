import { flag, required } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'database',
  summary: 'Run an SQL file in the database that is there, in one transaction',
  environment: 'typed',
  destructive: {
    what: 'SQL script',
    effect: 'change',
    countdown: 'when protected',
    preflight: async (run) => (await import('../lib/database/apply/db-apply.ts')).checkApply(run),
  },
  parameters: {
    SQL: required('a plain SQL script, also .gz', { placeholder: '<file>' }),
    TRANSACTION: flag('0 runs each statement by itself', { default: '1' }),
  },
  examples: ['make db-apply-env ENV=vm_stg SQL=fixes/2026-04-01.sql'],
  run: async (run) => (await import('../lib/database/apply/db-apply.ts')).apply(run),
});
