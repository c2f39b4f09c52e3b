import { posix } from 'node:path';
import type { CanonicalName } from '../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../environment/registry.ts';
import type { Storage, Target } from '../stack/stack.ts';
import type { Terminal } from '../terminal.ts';
import type { Deed } from './policy.ts';

/** What will be destroyed, from facts, one line each. */
export function describeTarget(
  { name, alias }: CanonicalName,
  entry: EnvironmentEntry,
  { what, effect }: Deed,
  target: Target,
  terminal: Terminal,
): string[] {
  const facts: [string, string][] = [
    [
      'environment',
      `${name}${alias === undefined ? '' : ` (typed: ${alias})`}${entry.protected ? ', PROTECTED' : ''}`,
    ],
    ['engine', `${target.engine} on host ${target.host}`],
    ['project', target.project],
    ['server', target.server ?? 'none'],
    ['storage', describeStorage(target.storage)],
    ['database', `${target.database} of ${target.user}`],
  ];
  return [
    terminal.style(
      ['bold', 'yellow'],
      `⚠️  ${what}: this will be ${effect === 'destroy' ? 'destroyed' : 'changed'}`,
    ),
    ...facts.map(([label, value]) => `    ${label.padEnd(12)} ${value}`),
  ];
}

/** A storage in a few words, for the screen. */
function describeStorage(storage: Storage): string {
  switch (storage.kind) {
    case 'volume': {
      const kind = storage.external ? 'external volume' : storage.anonymous ? 'anonymous volume' : 'volume';
      return storage.name === '' ? kind : `${kind} ${storage.name}`;
    }
    case 'bind':
      return `folder ${posix.join(storage.source, storage.data)}`;
    case 'folder':
      return `folder ${storage.path}`;
    case 'device':
      return `${storage.device} (volume ${storage.name})`;
    case 'tmpfs':
      return 'memory (tmpfs), gone with the container';
    case 'container':
      return "the container's own layer";
    case 'none':
      return 'none yet';
  }
}
