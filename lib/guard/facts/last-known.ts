import { posix } from 'node:path';
import type { Contents } from '../../database/contents.ts';
import type { Storage, Target } from '../../stack/stack.ts';
import type { Start } from '../record/entry.ts';

/** The environment of the latest recorded run in the same storage or on the same server. */
export function lastKnown(
  starts: readonly Start[],
  target: Target,
  contents: Contents | undefined,
): string | undefined {
  const ours = identityOf(target.storage);
  return starts
    .filter((start) => {
      const server = contents?.systemIdentifier;
      if (server != null && start.target.systemIdentifier === server) return isOf(start, target);
      const same = start.target.engine === target.engine && start.target.host === target.host;
      return same && ours !== undefined && identityOf(start.target.storage) === ours && isOf(start, target);
    })
    .sort((a, b) => a.time.localeCompare(b.time))
    .at(-1)?.environment;
}

/** On a server that others run, environments may share the server: then the database has to be the same, too. */
const isOf = (start: Start, { storage, database }: Target): boolean =>
  storage.kind !== 'server' || start.target.database === database;

function identityOf(storage: Storage): string | undefined {
  switch (storage.kind) {
    case 'volume':
    case 'device':
      return storage.name === '' ? undefined : `volume ${storage.name}`;
    case 'bind':
      return `folder ${posix.join(storage.source, storage.data)}`;
    case 'folder':
      return `folder ${storage.path}`;
    case 'server':
      return `server ${storage.address}`;
    case 'tmpfs':
    case 'container':
    case 'none':
      return undefined;
  }
}
