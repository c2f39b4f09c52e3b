import { flag, text } from '../lib/parameters/kinds.ts';
import { ORPHANS, TIMEOUT } from '../lib/parameters/shared.ts';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'stack',
  summary: 'Build the images anew and start from them',
  environment: 'any',
  firstGoalOnly: true,
  parameters: {
    PULL: flag('fetch newer base images'),
    NO_CACHE: flag('build every layer anew'),
    PROGRESS: text("how docker shows the build's progress: auto, plain, tty or quiet", {
      placeholder: '<how>',
    }),
    BUILDKIT: flag('build with BuildKit', { default: '1' }),
    TIMEOUT,
    ORPHANS,
  },
  examples: ['make rebuild', 'make rebuild ENV=vm_stg PULL=1 NO_CACHE=1'],
  run: async (run) => (await import('../lib/lifecycle/rebuild.ts')).rebuild(run),
});
