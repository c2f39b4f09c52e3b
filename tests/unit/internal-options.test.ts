import { expect, test } from 'vitest';
import { WithoutInternalOptions } from '../../lib/stack/pg-dump/internal-options.ts';

const asked = "array_to_string(a.attoptions, ', ') AS attoptions";
const sized = (body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
};
const message = (type: string, text: string): Buffer =>
  Buffer.concat([Buffer.from(type), sized(Buffer.from(`${text}\0`, 'latin1'))]);
const encryption = sized(Buffer.from([0x04, 0xd2, 0x16, 0x2f]));
const startup = sized(Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from('user\0Q\0\0')]));

/** What comes out of it, sent in pieces of some bytes. */
async function through(sent: Buffer, size: number): Promise<Buffer> {
  const stream = new WithoutInternalOptions();
  for (let at = 0; at < sent.length; at += size) stream.write(sent.subarray(at, at + size));
  stream.end();
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

test.each([1, 3, 7, 10_000])('only that question is changed, in pieces of %i bytes', async (size) => {
  const others = [message('p', 'secret'), message('Q', 'SELECT 1; -- \xe9'), message('P', asked)];
  const before = Buffer.concat([encryption, startup, ...others]);
  const after = message('Q', 'COMMIT');
  const got = await through(Buffer.concat([before, message('Q', `SELECT ${asked}, \xe9`), after]), size);
  expect(got.subarray(0, before.length)).toEqual(before);
  expect(got.subarray(-after.length)).toEqual(after);
  const changed = got.subarray(before.length, -after.length);
  expect(changed.readUInt32BE(1)).toBe(changed.length - 1);
  expect(changed.toString('latin1', 5)).toBe(
    "SELECT array_to_string(ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) AS o WHERE o !~ '^pg_attver='), ', ') AS attoptions, \xe9\0",
  );
});

test('what is cut stays so', async () => {
  const cut = Buffer.concat([startup, message('Q', `SELECT ${asked}`).subarray(0, 20)]);
  expect(await through(cut, 4)).toEqual(cut);
});
