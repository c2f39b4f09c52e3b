import { describe, expect, test } from 'vitest';
import { addressOf, checkServerEntry, tlsOf } from '../../lib/environment/server-entry.ts';

const host = 'db.example.net';
const caFile = 'env/authority.pem';
const hosts = [{ host: 'n1' }, { host: 'n2', port: 6432 }];
const status = ['http://n1:8008/primary', 'https://n2:8008/primary'];
const HOSTS = 'server.hosts must be a list: [{ host: …, port: … }, …]';
const STATUS = 'server.status must be a list of http or https URLs, without a user and a password';
const HOST = 'server.host must be a name or an address, without a port';
const PORT = 'server.port must be a number from 1 to 65535';

test.each<[given: unknown, problems: string[]]>([
  [{ host, caFile }, []],
  [{ host, caFile, port: 6432, tls: 'verify-ca' }, []],
  [{ host: '10.0.0.7', tls: 'require' }, []],
  [{ host: '::1', tls: 'disable' }, []],
  [undefined, ['server is missing: { host: … }']],
  ['db.example.net', ['server is missing: { host: … }']],
  [{ caFile }, [HOST]],
  [{ host: '', caFile }, [HOST]],
  [{ host: 'db.example.net:5432', caFile }, [HOST]],
  [{ host: 'postgresql://app:secret@db.example.net', caFile }, [HOST]],
  [{ host: '/var/run/postgresql', caFile }, [HOST]],
  [{ host, caFile, port: '5432' }, [PORT]],
  [{ host, caFile, port: 0 }, [PORT]],
  [{ host, caFile, port: 65_536 }, [PORT]],
  // Nothing is believed that is not stated.
  [{ host }, ['server.caFile is missing: tls verify-full believes the authorities in it']],
  [
    { host, tls: 'verify-ca', caFile: '' },
    ['server.caFile is missing: tls verify-ca believes the authorities in it'],
  ],
  // Somebody believes that the certificate is looked at.
  [
    { host, tls: 'require', caFile },
    ['server.caFile is not looked at with tls require: verify-ca and verify-full do'],
  ],
  [{ host, tls: 'prefer' }, ['server.tls must be one of verify-full, verify-ca, require, disable']],
  [{ host, tls: true }, ['server.tls must be one of verify-full, verify-ca, require, disable']],
  [
    { host, caFile, sslmode: 'require' },
    ['server takes host, port, hosts, status, backupFrom, maxReplayLag, tls and caFile, not sslmode'],
  ],
  [
    { host: 'a b', port: -1, tls: 'x', password: 'p' },
    [
      'server takes host, port, hosts, status, backupFrom, maxReplayLag, tls and caFile, not password',
      ...[HOST, PORT, 'server.tls must be one of verify-full, verify-ca, require, disable'],
    ],
  ],
  [{ hosts, caFile }, []],
  [{ hosts, status, caFile }, []],
  [{ hosts, caFile, backupFrom: 'standby', maxReplayLag: 5 }, []],
  [{ hosts, caFile, backupFrom: 'replica' }, ["server.backupFrom must be 'primary' or 'standby'"]],
  [
    { hosts, caFile, backupFrom: 'standby', maxReplayLag: '5s' },
    ['server.maxReplayLag must be a number of seconds'],
  ],
  [
    { hosts, caFile, maxReplayLag: 5 },
    ["server.maxReplayLag is not looked at without backupFrom: 'standby'"],
  ],
  [
    { host, caFile, backupFrom: 'standby' },
    ['server.backupFrom needs server.hosts: the standbys are among them'],
  ],
  [{ hosts, host, caFile }, ['server takes host and port, or hosts, not both']],
  [{ host, status, caFile }, ['server.status needs server.hosts: it has a URL for each of them']],
  [{ hosts: [], caFile }, [HOSTS]],
  [{ hosts: 'n1,n2', caFile }, [HOSTS]],
  [{ hosts: [{ host: 'n1' }, 'n2'], caFile }, ['server.hosts[1] must be { host: …, port: … }']],
  [
    { hosts: [{ host: 'n1:5432' }, { host: 'n2', port: 0, status: 'x' }], caFile },
    [
      'server.hosts[0].host must be a name or an address, without a port',
      'server.hosts[1] takes host and port, not status',
      'server.hosts[1].port must be a number from 1 to 65535',
    ],
  ],
  [{ hosts: [{ host: 'n1' }, { host: 'N1', port: 5432 }], caFile }, ['server.hosts names n1:5432 twice']],
  [
    { hosts, status: status.slice(1), caFile },
    ['server.status must have a URL for each of server.hosts, in the same order'],
  ],
  [{ hosts, status: ['n1:8008', 'n2:8008'], caFile }, [STATUS]],
  [{ hosts, status: ['http://app:secret@n1/', 'http://n2/'], caFile }, [STATUS]],
  [{ hosts, status: 'http://n1:8008/primary', caFile }, [STATUS]],
])('%j', (given, problems) => {
  expect(checkServerEntry(given)).toEqual(problems);
});

describe('what is not stated', () => {
  test('the certificate is looked at', () => expect(tlsOf({})).toBe('verify-full'));

  test.each([
    [{ host }, 'db.example.net:5432'],
    [{ host: 'DB.Example.net', port: 6432 }, 'db.example.net:6432'],
    [{ host: '::1' }, '[::1]:5432'],
  ])('%j is at %s', (server, address) => expect(addressOf(server)).toBe(address));
});
