import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from './processes.ts';

/**
 * postgres:17 with a small data directory made beforehand, which its first start copies: a server in a fraction of initdb's
 * time. LINK=<link>:<folder> makes a link before, WALDIR=<folder> puts pg_wal there.
 */
const DOCKERFILE = `
FROM postgres:17
USER root
RUN install -d -o postgres -g postgres -m 0700 /template \\
 && printf simple >/tmp/password && chmod 644 /tmp/password \\
 && setpriv --reuid=postgres --regid=postgres --init-groups initdb --no-sync --wal-segsize=1 -D /template \\
      --encoding=UTF8 --locale=C.UTF-8 --username=app --pwfile=/tmp/password >/dev/null \\
 && printf '\\nhost all all all scram-sha-256\\n' >>/template/pg_hba.conf \\
 && printf "fsync=off\\nshared_buffers=4MB\\nmin_wal_size=2MB\\nmax_wal_size=8MB\\n" >>/template/postgresql.conf \\
 && echo 'CREATE DATABASE core' | setpriv --reuid=postgres --regid=postgres --init-groups \\
      postgres --single -D /template postgres >/dev/null
COPY --chmod=755 small-entrypoint.sh /usr/local/bin/
RUN chmod 755 /usr/local/bin/small-entrypoint.sh && mkdir -p /mnt/real && ln -s /mnt/real /linked
ENTRYPOINT ["small-entrypoint.sh"]
CMD ["postgres"]
`;

const ENTRYPOINT = `#!/bin/bash
set -euo pipefail
if [ -n "\${LINK:-}" ]; then
  install -d "\${LINK#*:}" "$(dirname "\${LINK%%:*}")"
  [ -L "\${LINK%%:*}" ] || ln -s "\${LINK#*:}" "\${LINK%%:*}"
fi
install -d /tablespace && chown postgres /tablespace
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  install -d -m 0700 "$PGDATA"
  cp -a /template/. "$PGDATA/"
  if [ -n "\${WALDIR:-}" ]; then
    install -d -o postgres -m 0700 "$WALDIR"
    mv "$PGDATA/pg_wal" "$WALDIR/pg_wal" && ln -s "$WALDIR/pg_wal" "$PGDATA/pg_wal"
  fi
fi
exec docker-entrypoint.sh "$@"
`;

/** The images that a generated project may be made from. */
export interface SmallImages {
  readonly usual: string;
  /** The same server in another image. */
  readonly rebuilt: string;
  /** PGDATA and the volume where the official image of version 18 has them. */
  readonly moved: string;
}

/** @param prefix with which `removeFromEngine` finds them */
export async function buildSmallImages(prefix: string): Promise<SmallImages> {
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-image-'));
  const image = async (name: string, dockerfile: string): Promise<string> => {
    writeFileSync(join(folder, 'Dockerfile'), dockerfile);
    const tag = `${prefix}-${name}:test`;
    await docker('build', '--quiet', '--tag', tag, folder);
    return tag;
  };
  try {
    writeFileSync(join(folder, 'small-entrypoint.sh'), ENTRYPOINT, { mode: 0o755 });
    const usual = await image('usual', DOCKERFILE.replace('COPY --chmod=755', 'COPY'));
    const rebuilt = await image('rebuilt', `FROM ${usual}\nLABEL rebuilt=1\n`);
    const at = '/var/lib/postgresql';
    const moved = await image('moved', `FROM ${usual}\nENV PGDATA=${at}/18/docker\nVOLUME ${at}\n`);
    return { usual, rebuilt, moved };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
