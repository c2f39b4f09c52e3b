import { posix } from 'node:path';
import { printable } from '../../output/printable.ts';
import type { Storage } from '../../stack/stack.ts';

/** Describes a storage in a few words, for the screen. */
export function describeStorage(storage: Storage): string {
  switch (storage.kind) {
    case 'volume': {
      const kind = storage.external ? 'external volume' : storage.anonymous ? 'anonymous volume' : 'volume';
      return storage.name === '' ? kind : `${kind} ${storage.name}`;
    }
    case 'bind':
      return `folder ${printable(posix.join(storage.source, storage.data))}`;
    case 'folder':
      return `folder ${printable(storage.path)}`;
    case 'device':
      return `${storage.device} (volume ${storage.name})`;
    case 'server':
      return `kept by the server at ${storage.address}`;
    case 'tmpfs':
      return 'memory (tmpfs), gone with the container';
    case 'container':
      return "the container's own layer";
    case 'none':
      return 'none yet';
  }
}
