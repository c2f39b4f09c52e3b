import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkRegistry } from '../../lib/environment/check-registry.ts';
import type { EnvironmentEntry } from '../../lib/environment/entry.ts';
import { needsApproval, signersOf } from '../../lib/guard/approval/approve.ts';
import { requestFor, takeOnce, VALID } from '../../lib/guard/approval/requests.ts';
import { signedText, signingLine, type Approval } from '../../lib/guard/approval/signed-text.ts';
import { readSignature } from '../../lib/guard/approval/ssh-signature.ts';
import { verify } from '../../lib/guard/approval/verify.ts';
import { securityKey, softwareKey, type Key } from '../helpers/ssh-keys.ts';

const approval: Approval = {
  ...{ task: 'db-reset-db-env', environment: 'vm_prod', plan: 'ab'.repeat(32), nonce: '01'.repeat(16) },
  until: 1_790_000_000,
};
const words = signedText(approval);

test('the text and the line that makes its signature', () => {
  expect(words).toBe(
    `makesafe db-reset-db-env vm_prod\nplan ${approval.plan}\nnonce ${approval.nonce}\nuntil 2026-09-21T14:13:20.000Z\n`,
  );
  expect(signingLine(approval, false)).toBe(
    `printf '%s\\n' 'makesafe db-reset-db-env vm_prod' 'plan ${approval.plan}' 'nonce ${approval.nonce}' ` +
      `'until 2026-09-21T14:13:20.000Z' | ssh-keygen -Y sign -n makesafe -f ~/.ssh/id_ed25519_sk`,
  );
});

describe('a signature', () => {
  let [own, other, untouched, security, rsa] = [] as unknown as Key[];
  beforeAll(() => {
    [own, other, untouched, security, rsa] = [
      ...[softwareKey(), softwareKey(), securityKey(false), securityKey(), softwareKey('rsa')],
    ];
  });

  test.each<[what: string, ask: () => [signature: string, keys: Key[], software: boolean], refused?: string]>(
    [
      ['of a security key', () => [security!.sign(words), [own!, security!], false]],
      ['of a software key, where that counts', () => [own!.sign(words), [other!, own!], true]],
      ['of RSA, where that counts', () => [rsa!.sign(words), [rsa!], true]],
      ['of a software key', () => [own!.sign(words), [own!], false], 'only security keys'],
      ['without a touch', () => [untouched!.sign(words), [untouched!], false], 'was not touched'],
      ['of a stranger', () => [security!.sign(words), [own!], false], 'not by one of the keys'],
      ['of another software key', () => [other!.sign(words), [own!], true], 'not by one of the keys'],
      ['of another text', () => [security!.sign(`${words} `), [security!], false], 'not by one of the keys'],
      [
        'in another namespace',
        () => [security!.sign(words, 'git'), [security!], false],
        'not by one of the keys',
      ],
      ['that is none', () => ['yes', [own!], true], 'no signature of ssh-keygen'],
      ['that is empty', () => ['', [own!], true], 'no signature of ssh-keygen'],
    ],
  )('%s', async (_what, ask, refused) => {
    const [signature, keys, software] = ask();
    const result = await verify(words, signature, { keys: keys.map((key) => key.publicKey), software });
    if (refused === undefined) expect('fingerprint' in result && result.fingerprint).toMatch(/^SHA256:/);
    else expect('refused' in result && result.refused).toContain(refused);
  });

  test('that is cut or changed anywhere never counts, and breaks nothing', async () => {
    const good = security!.sign(words);
    const body = good.split('\n').slice(1, -2).join('');
    const armor = (base64: string): string =>
      `-----BEGIN SSH SIGNATURE-----\n${base64}\n-----END SSH SIGNATURE-----\n`;
    const bytes = Buffer.from(body, 'base64');
    for (let at = 0; at < bytes.length; at++) readSignature(armor(bytes.subarray(0, at).toString('base64')));
    const keys = [security!.publicKey];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const changed = Buffer.from(bytes);
          changed[at] = changed[at]! ^ by;
          const result = await verify(words, armor(changed.toString('base64')), { keys, software: false });
          expect(result).toHaveProperty('refused');
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('requests', () => {
  const root = mkdtempSync(join(tmpdir(), 'makesafe-approvals-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const wanted = { task: 'down', environment: 'vm_prod', plan: 'p' };

  test('the same run is one request as long as it counts; another plan, task or environment is another one', () => {
    const first = requestFor(root, wanted, 1000);
    expect(first.until).toBe(1000 + VALID);
    expect(requestFor(root, wanted, 1000 + VALID - 1)).toEqual(first);
    const others = [{ plan: 'q' }, { task: 'up' }, { environment: 'vm_stg' }].map((one) =>
      requestFor(root, { ...wanted, ...one }, 1000),
    );
    expect(new Set([first, ...others].map(({ nonce }) => nonce)).size).toBe(4);
    expect(takeOnce(root, first)).toBe(true);
    expect(takeOnce(root, first)).toBe(false);
    expect(requestFor(root, wanted, 1001).nonce).not.toBe(first.nonce);
    expect(requestFor(root, wanted, 5000).nonce).not.toBe(first.nonce);
  });

  test('a request whose end was put off is not shown to a person for a signature', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e9 }), (later) => {
        const first = requestFor(root, { ...wanted, plan: `p${later}` }, 10_000);
        const edited = { ...first, until: first.until + later };
        writeFileSync(join(root, 'journal/approvals', `${first.nonce}.json`), JSON.stringify(edited));
        const shown = requestFor(root, { ...wanted, plan: first.plan }, 10_000);
        expect(shown.nonce).not.toBe(first.nonce);
        expect(shown.until).toBe(10_000 + VALID);
      }),
      { numRuns: 30 },
    );
  });
});

const entry = (changes: Partial<EnvironmentEntry> = {}): EnvironmentEntry => ({
  ...{ protected: true, stack: 'embedded' },
  ...changes,
});
const key = 'sk-ssh-ed25519@openssh.com AAAAGnNr taro';
const signing = entry({ approve: { keys: [key] } });

test.each([
  ['nobody asks for it', [entry(), entry()], 'destroy', undefined, false],
  ['the working tree asks', [signing, entry()], 'destroy', undefined, true],
  ['the commit asks', [entry(), signing], 'change', undefined, true],
  ['a migration of a person', [signing, signing], 'migrate', undefined, false],
  ['a migration of an assistant', [signing, signing], 'migrate', 'cursor', true],
  ['the commit is not known', [entry(), undefined], 'destroy', undefined, false],
] as const)('needed where %s: %#', (_what, entries, effect, assistant, needed) => {
  expect(needsApproval(entries, { effect, assistant })).toBe(needed);
});

test('keys that are not committed do not count', () => {
  expect(signersOf(signing)).toEqual({ keys: [key], software: false });
  for (const committed of [undefined, entry()])
    expect(() => signersOf(committed)).toThrow('only its keys count');
});

test.each([
  [{ keys: [key] }, true],
  [{ keys: ['sk-ecdsa-sha2-nistp256@openssh.com AAAA= t'] }, true],
  [{ keys: ['ssh-ed25519 AAAA taro'] }, false],
  [{ keys: ['ssh-ed25519 AAAA taro'], software: true }, true],
  [{ keys: ['ecdsa-sha2-nistp256 AAAA'], software: true }, true],
  [{ keys: [] }, false],
  [{ keys: [`no-touch-required ${key}`] }, false],
  [{ keys: [`${key}\napprover ssh-ed25519 AAAA`] }, false],
  [{ keys: key }, false],
  [{ keys: [key], hardware: true }, false],
])('%j in the registry is valid: %s', (approve, valid) => {
  const found = checkRegistry({ default: 'a', environments: { a: { ...entry(), approve } } });
  expect(found.length === 0).toBe(valid);
});
