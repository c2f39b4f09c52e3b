import { flag, text, wholeNumber } from '../lib/parameters/kinds.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Show the logs; on a terminal, follow them',
  environment: 'any',
  parameters: {
    S: text('one service only', { placeholder: '<service>' }),
    TAIL: wholeNumber('lines to begin with', { default: '200', max: 1_000_000 }),
    FOLLOW: flag('follow as they are written', { defaultNote: '1 on a terminal' }),
  },
  examples: ['make logs ENV=vm_stg S=db'],
  run: async (run) => (await import('../lib/lifecycle/logs.ts')).logs(run),
});
