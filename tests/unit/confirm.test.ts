import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { CancelledError } from '../../lib/errors.ts';
import { confirmName } from '../../lib/guard/person/confirm.ts';
import { recordingTerminal } from './support.ts';

/** What comes of it when a person types this, and then nothing more. */
function ask(typed: string, { ends = false } = {}) {
  const { terminal, written } = recordingTerminal();
  const controller = new AbortController();
  const input = new PassThrough();
  const settled = confirmName('vm_prod', terminal, controller.signal, input).then(
    () => 'confirmed',
    (error: unknown) => error,
  );
  input.write(typed);
  if (ends) input.end();
  return { settled, written, controller, input };
}

test('the name, and nothing else is waited for', async () => {
  const { settled, written } = ask('vm_prod\n');
  expect(await settled).toBe('confirmed');
  expect(written.err).toBe('Type vm_prod to go on:\n');
  expect(written.out).toBe('');
});

test.each(['  vm_prod  \n', 'vm_prod\r\n', 'vm_prod\nrm\n'])('%j is the name', async (typed) => {
  expect(await ask(typed).settled).toBe('confirmed');
});

test('the name without a line break, at the end of input', async () => {
  expect(await ask('vm_prod', { ends: true }).settled).toBe('confirmed');
});

test.each([
  ['y\n', '"y" is not vm_prod'],
  ['yes\n', '"yes" is not vm_prod'],
  ['prod\n', '"prod" is not vm_prod'],
  ['VM_PROD\n', '"VM_PROD" is not vm_prod'],
  ['vm_stg\nvm_prod\n', '"vm_stg" is not vm_prod'],
  ['\nvm_prod\n', '"" is not vm_prod'],
  ['vm_ｐrod\n', '"vm_ｐrod" is not vm_prod'],
  ['vm_prod\u200b\n', '"vm_prod\u200b" is not vm_prod'],
])('%j cancels', async (typed, reason) => {
  const error = await ask(typed).settled;
  expect(error).toBeInstanceOf(CancelledError);
  expect(error).toMatchObject({ status: 130, message: `${reason}: cancelled; nothing was touched` });
});

test('end of input cancels', async () => {
  expect(await ask('', { ends: true }).settled).toMatchObject({
    ...{ status: 130, message: 'nothing was typed: cancelled; nothing was touched' },
  });
});

test.each(['', 'vm_pr'])('Ctrl-C behind %j cancels, and no longer listens', async (typed) => {
  const { settled, controller, input } = ask(typed);
  const reason = new CancelledError('cancelled', 'SIGTERM');
  controller.abort(reason);
  expect(await settled).toBe(reason);
  expect(input.listenerCount('data')).toBe(0);
});

test('cancelled before it asked', async () => {
  const { terminal } = recordingTerminal();
  const reason = new CancelledError('cancelled');
  const asked = confirmName('vm_prod', terminal, AbortSignal.abort(reason), new PassThrough());
  await expect(asked).rejects.toBe(reason);
});
