import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { withoutChannelBinding } from '../../lib/stack/server/channel-binding.ts';

/** A message of the server's: its type, its length, an authentication code or none, its content. */
function message(type: string, content: string, code?: number): Buffer {
  const body = Buffer.concat([
    ...(code === undefined ? [] : [Buffer.from([0, 0, 0, code])]),
    Buffer.from(content, 'latin1'),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const both = message('R', 'SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0', 10);
const plain = message('R', 'SCRAM-SHA-256\0\0', 10);
const later = Buffer.concat([message('R', 'r=…', 11), Buffer.from('SCRAM-SHA-256-PLUS')]);

test.each<[what: string, sent: Buffer[], passed: Buffer[]]>([
  ['the offer is taken out', [both], [plain]],
  ['also byte by byte', [...both].map((byte) => Buffer.from([byte])), [plain]],
  ['what comes later is left alone', [both, later, both], [plain, later, both]],
  ['also when it comes at once', [Buffer.concat([both, later])], [plain, later]],
  ['an offer without it is left alone', [plain], [plain]],
  [
    'a request for another kind of password',
    [message('R', 'salt', 5), both],
    [message('R', 'salt', 5), both],
  ],
  ['an error', [message('E', 'SFATAL\0\0')], [message('E', 'SFATAL\0\0')]],
  [
    'behind an older version of the protocol',
    [message('v', '\0\0\0\0'), both],
    [message('v', '\0\0\0\0'), plain],
  ],
])('%s', async (_what, sent, passed) => {
  const written: Buffer[] = [];
  const connection = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => done(void written.push(chunk)),
  });
  const filtered = withoutChannelBinding(connection);
  const received: Buffer[] = [];
  filtered.on('data', (chunk: Buffer) => received.push(chunk));
  filtered.write('from the client');
  for (const chunk of sent) connection.push(chunk);
  connection.push(null);
  await once(filtered, 'end');
  expect(Buffer.concat(received)).toEqual(Buffer.concat(passed));
  expect(Buffer.concat(written).toString()).toBe('from the client');
});
