import { createInterface } from 'node:readline/promises';
import { join } from 'node:path';
import type { EnvironmentEntry } from '../../environment/entry.ts';
import { RefusedError } from '../../errors.ts';
import { readTextIfThere } from '../../system/read-bounded.ts';
import type { Passed } from '../facts/facts.ts';
import { planHash } from './plan-hash.ts';
import { requestFor, signatureFile, takeOnce, VALID } from './requests.ts';
import { signedText, signingLine, type Approval } from './signed-text.ts';
import { verify, type Signers } from './verify.ts';

/**
 * Whether a run needs a signature: what destroys, for everybody; a migration, if an assistant runs it.
 *
 * @param entries of the environment, in the working tree and in the commit: either may ask for it
 */
export const needsApproval = (
  entries: readonly (EnvironmentEntry | undefined)[],
  { effect, assistant }: { readonly effect: string; readonly assistant: string | undefined },
): boolean =>
  entries.some((entry) => entry?.approve !== undefined) && (effect !== 'migrate' || assistant !== undefined);

/** The keys that count: those of the commit. @throws RefusedError if it has none */
export function signersOf(committed: EnvironmentEntry | undefined): Signers {
  const { keys, software = false } = committed?.approve ?? { keys: [] };
  if (keys.length > 0) return { keys, software };
  throw new RefusedError(
    'refused; nothing was touched\nthe checked-out commit names no key in `approve`, and only its keys count',
    { hint: 'commit env/environments.ts with the keys, then type this again' },
  );
}

/**
 * Asks for the signature: from the file where a person has put it, or at the terminal.
 *
 * @returns for the journal, by which key
 * @throws RefusedError with the line to sign, if there is no signature that counts
 */
export async function approve(seen: Passed, signers: Signers): Promise<string> {
  const { root, environment, task, terminal, signal } = seen;
  const plan = await planHash(seen);
  terminal.line(`    ${'plan'.padEnd(12)} ${plan}`);
  const approval = requestFor(
    root,
    { task: task.name, environment: environment.name, plan },
    Date.now() / 1000,
  );
  const file = signatureFile(approval);
  const given = readTextIfThere(join(root, file)) ?? (await pasted(approval, signers, seen, signal));
  const why = given === undefined ? undefined : await refuses(root, approval, given, signers);
  if (typeof why === 'object') return `approved by ${why.fingerprint}`;
  throw new RefusedError(
    [
      'refused; nothing was touched',
      ...(why === undefined ? [] : [`the signature does not count: ${why}`]),
      `${environment.name} needs the signature of a person, within ${VALID / 60} minutes`,
    ].join('\n'),
    {
      hint: [
        `the person types, where the key is: ${signingLine(approval, signers.software)}`,
        `what that prints goes into ${file}; then the same command again`,
      ].join('\n'),
    },
  );
}

async function refuses(
  root: string,
  approval: Approval,
  signature: string,
  signers: Signers,
): Promise<string | { readonly fingerprint: string }> {
  const verified = await verify(signedText(approval), signature, signers);
  if ('refused' in verified) return verified.refused;
  if (Date.now() / 1000 > approval.until) return 'it is too late';
  return takeOnce(root, approval) ? verified : 'it was used before';
}

const LAST = '-----END SSH SIGNATURE-----';

/** What a person pastes at the terminal; undefined without one. */
async function pasted(
  approval: Approval,
  { software }: Signers,
  { terminal, environment }: Passed,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  terminal.line(`${environment.name} needs a signature. Type this where the key is:`);
  terminal.line(signingLine(approval, software));
  terminal.line('Paste here what it prints:');
  const lines = createInterface({ input: process.stdin });
  const read: string[] = [];
  await new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      read.push(line.trim());
      if (line.trim() === LAST) resolve();
    });
    lines.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  lines.close();
  signal.throwIfAborted();
  return read.some((line) => line !== '') ? read.join('\n') : undefined;
}
