import { expect, test } from 'vitest';
import type { EnvironmentEntry } from '../../lib/environment/registry.ts';
import { describeTarget } from '../../lib/guard/screen.ts';
import type { Storage, Target } from '../../lib/stack/stack.ts';
import { recordingTerminal } from './support.ts';

const entry: EnvironmentEntry = { protected: true, stack: 'compose', composeFile: 'c.yml' };
const deed = { what: 'DB reset', effect: 'destroy' as const, forced: '', backup: '' };
const target: Target = {
  engine: 'unix:///var/run/docker.sock',
  host: 'vm7',
  project: 'shop',
  database: 'core_prod',
  user: 'app_prod',
  server: 'container 0123456789ab (running)',
  storage: { kind: 'volume', name: 'shop_data', anonymous: false, external: false },
};
const { terminal } = recordingTerminal();
const describeIt = (changes: Partial<Target> = {}): string[] =>
  describeTarget({ name: 'vm_prod' }, entry, deed, { ...target, ...changes }, terminal);

test('all facts, a line each', () => {
  const lines = describeTarget({ name: 'vm_prod', alias: 'prod' }, entry, deed, target, terminal);
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "⚠️  DB reset: this will be destroyed
        environment  vm_prod (typed: prod), PROTECTED
        engine       unix:///var/run/docker.sock on host vm7
        project      shop
        server       container 0123456789ab (running)
        storage      volume shop_data
        database     core_prod of app_prod"
  `);
});

test('neither alias nor protection nor server', () => {
  const lines = describeTarget(
    { name: 'local_dev' },
    { ...entry, protected: false },
    deed,
    { ...target, server: undefined },
    terminal,
  );
  expect(lines).toContain('    environment  local_dev');
  expect(lines).toContain('    server       none');
});

test.each<[storage: Storage, words: string]>([
  [{ kind: 'volume', name: 'v', anonymous: false, external: false }, 'volume v'],
  [{ kind: 'volume', name: 'v', anonymous: true, external: false }, 'anonymous volume v'],
  [{ kind: 'volume', name: 'v', anonymous: false, external: true }, 'external volume v'],
  [{ kind: 'volume', name: '', anonymous: true, external: false }, 'anonymous volume'],
  [{ kind: 'bind', source: '/srv/pg', data: '' }, 'folder /srv/pg'],
  [{ kind: 'bind', source: '/srv/pg', data: '18/docker' }, 'folder /srv/pg/18/docker'],
  [{ kind: 'device', name: 'v', device: ':/export/pg' }, ':/export/pg (volume v)'],
  [{ kind: 'tmpfs' }, 'memory (tmpfs), gone with the container'],
  [{ kind: 'container' }, "the container's own layer"],
  [{ kind: 'folder', path: '/p/.embedded/x/data' }, 'folder /p/.embedded/x/data'],
  [{ kind: 'none' }, 'none yet'],
])('%j is %j', (storage, words) => {
  expect(describeIt({ storage })).toContain(`    storage      ${words}`);
});
