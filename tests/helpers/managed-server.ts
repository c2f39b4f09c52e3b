import { join } from 'node:path';
import { beforeAll } from 'vitest';
import { succeeded, must } from './processes.ts';
import { connect, PATIENCE, useEmbedded, type EmbeddedScratch } from './embedded.ts';
import { freePort } from './free-port.ts';

/** The environment whose embedded server plays the one that somebody else runs. */
export const MANAGED = 'managed';

/** Its entry and env file: nothing but a superuser and the databases that initdb makes. */
export const managed = {
  entry: { stack: 'embedded' },
  env: { POSTGRES_USER: 'administrator', POSTGRES_DB: 'postgres' },
} as const;

/**
 * A server that somebody else runs, on loopback and without TLS, and `vm_far`, an environment on it, which is up before the
 * tests of the surrounding suite.
 */
export async function useFarServer(): Promise<EmbeddedScratch> {
  const port = await freePort();
  const POSTGRES_PASSWORD = 'of-the-administrator';
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD } },
      vm_far: {
        entry: { stack: 'server', server: { host: '127.0.0.1', port, tls: 'disable' } },
        env: { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD },
      },
    },
  });
  beforeAll(async () => {
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await scratch.mustTask(`up ENV=${MANAGED}`);
    await scratch.mustTask('up ENV=vm_far');
  }, PATIENCE);
  return scratch;
}

/** Where the certificate is that a client believes, as the registry names it. */
export const AUTHORITY = 'env/authority.pem';

/** Starts it on the given port, with TLS and a certificate for localhost. */
export async function startManaged(scratch: EmbeddedScratch, port: number): Promise<void> {
  scratch.write(`.embedded/${MANAGED}/port`, String(port));
  succeeded(await scratch.runTask(`up ENV=${MANAGED}`));
  await makeAuthority(scratch.path(AUTHORITY), join(scratch.outside, 'authority.key'));
  const [certificate, key] = [join(scratch.outside, 'server.pem'), join(scratch.outside, 'server.key')];
  await must([
    ...['openssl', 'req', '-x509', '-days', '2', '-subj', '/CN=localhost', ...KEY],
    ...['-CA', scratch.path(AUTHORITY), '-CAkey', join(scratch.outside, 'authority.key')],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ]);
  // As managed servers have it: nothing but the administrator's own access goes without TLS.
  const access = [
    'host all administrator 127.0.0.1/32 scram-sha-256',
    'hostssl all all 127.0.0.1/32 scram-sha-256',
  ];
  scratch.write(`.embedded/${MANAGED}/data/pg_hba.conf`, access.map((line) => `${line}\n`).join(''), 0o600);
  await administer(
    scratch,
    `ALTER SYSTEM SET ssl_cert_file = '${certificate}'`,
    `ALTER SYSTEM SET ssl_key_file = '${key}'`,
  );
  await switchTls(scratch, true);
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate that may sign others. */
export async function makeAuthority(certificate: string, key: string): Promise<void> {
  const subject = ['-subj', '/CN=an authority of the tests'];
  await must([
    'openssl',
    'req',
    '-x509',
    '-days',
    '2',
    ...subject,
    ...KEY,
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
}

export async function switchTls(scratch: EmbeddedScratch, on: boolean): Promise<void> {
  await administer(scratch, `ALTER SYSTEM SET ssl = ${on}`, 'SELECT pg_reload_conf()');
  // The postmaster reads its files a moment later.
  for (let is = ''; is !== (on ? 'on' : 'off');) {
    const client = await connect(scratch, {
      environment: MANAGED,
      user: 'administrator',
      database: 'postgres',
    });
    is = (await client.query<{ ssl: string }>('SHOW ssl')).rows[0]!.ssl;
    await client.end();
  }
}

/** Runs statements as the server's own administrator, past the code under test. */
export async function administer(scratch: EmbeddedScratch, ...statements: string[]): Promise<void> {
  const client = await connect(scratch, {
    environment: MANAGED,
    user: 'administrator',
    database: 'postgres',
  });
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
