import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { run, succeeded, type Ran } from '../helpers/processes.ts';
import { securityKey, softwareKey } from '../helpers/ssh-keys.ts';
import { onTerminal } from '../helpers/terminal.ts';

/**
 * What somebody or something tries that can type, and has no key: `ATTEMPTS=1000 npx vitest run --project slow
 * tests/slow/approval-attempts.test.ts`.
 */
const ATTEMPTS = Number(process.env['ATTEMPTS'] ?? 8);
const SEED = Number(process.env['SEED'] ?? COMMIT);

const person = securityKey();
const [stranger, untouched, software] = [securityKey(), securityKey(false), softwareKey()];

const scratch = useEmbedded({
  engine: false,
  environments: {
    signed: {
      entry: {
        stack: 'embedded',
        protected: true,
        approve: { keys: [person.publicKey, untouched.publicKey] },
      },
    },
  },
});
const { sql } = localAsker(scratch, 'signed', 'app', 'core');
const folder = (): string => scratch.path('journal/approvals');
const git = async (...words: string[]): Promise<Ran> =>
  succeeded(
    await run(['git', '-c', 'user.name=t', '-c', 'user.email=t@t.invalid', ...words], { cwd: scratch.root }),
  );
let registry: string;
let oldSignature: string;

/** All that must stay as it is. */
const state = (): Promise<string> =>
  sql(
    `SELECT x, (SELECT string_agg(concat_ws(' ', datname, oid, datallowconn), ',' ORDER BY oid) FROM pg_database) FROM kept`,
  );

beforeAll(async () => {
  await scratch.mustTask('up ENV=signed');
  await sql('CREATE TABLE kept AS SELECT 42 AS x');
  registry = scratch.read('env/environments.ts');
  scratch.write('late.sql', 'DROP TABLE kept;');
  await git('init', '--quiet');
  await git('add', '--force', 'env/environments.ts');
  await git('commit', '--quiet', '--message', 'Keys');
  // An approval that was used: for a script that changes nothing.
  scratch.write('harmless.sql', 'SELECT 1;');
  const apply = 'db-apply-env ENV=signed SQL=harmless.sql FORCE=1 BACKUP=skip';
  const { text, file } = asked(await scratch.runTask(apply))!;
  writeFileSync(file, (oldSignature = person.sign(text)));
  succeeded(await scratch.runTask(apply));
}, PATIENCE);

function asked({ stderr }: Pick<Ran, 'stderr'>): { text: string; file: string } | undefined {
  const [, words] = stderr.match(/printf '%s\\n' (.*) \| ssh-keygen -Y sign -n makesafe/) ?? [];
  const [, file] = stderr.match(/goes into (\S+\.sig)/) ?? [];
  if (words === undefined || file === undefined) return undefined;
  const lines = [...words.matchAll(/'([^']*)'/g)].map(([, line]) => line);
  return { text: `${lines.join('\n')}\n`, file: scratch.path(file) };
}

const TASKS = [
  'db-reset-db-env',
  'db-reset-volume-env',
  'db-apply-env SQL=late.sql',
  'db-load-env NAME=x',
  'db-drop-old-env',
  'db-drop-wall-env',
  'al-down-env',
  'restore-from-sql SQL=late.sql',
];

/** What is done about the signature before the same is typed again. */
const FORGERIES = {
  nothing: () => undefined,
  'a word': () => 'yes\n',
  "a stranger's": (text) => stranger.sign(text),
  'without a touch': (text) => untouched.sign(text),
  'a software key': (text) => software.sign(text),
  'an old one': () => oldSignature,
  'of another text': (text) => person.sign(text.replace('nonce ', 'nonce 0')),
  'of a later end': (text) => person.sign(text.replace('until 2', 'until 3')),
  'of another namespace': (text) => person.sign(text, 'git'),
} satisfies Record<string, (text: string) => string | undefined>;

/** Writes a registry with another entry for `signed`. */
function write(file: string, change: (entry: Record<string, unknown>) => Record<string, unknown>): void {
  const given = JSON.parse(registry.replace(/^export default /, '').replace(/;\s*$/, '')) as {
    environments: Record<string, Record<string, unknown>>;
  };
  const environments = { ...given.environments, signed: change(given.environments['signed']!) };
  const text = `export default ${JSON.stringify({ ...given, environments }, null, 2)};\n`;
  expect(text).not.toBe(registry);
  scratch.write(file, text);
}

/** What is changed in the files before the second attempt. */
const EDITS = {
  nothing: () => {},
  'no approve': () => write('env/environments.ts', (entry) => ({ ...entry, approve: undefined })),
  'own key': () =>
    write('env/environments.ts', (entry) => ({ ...entry, approve: { keys: [stranger.publicKey] } })),
  'software keys': () =>
    write('env/environments.ts', (entry) => ({
      ...entry,
      approve: { keys: [software.publicKey], software: true },
    })),
  'not protected': () => write('env/environments.ts', (entry) => ({ ...entry, protected: false })),
  'neither protected nor signed': () =>
    write('env/environments.ts', (entry) => ({ ...entry, approve: undefined, protected: false })),
  'registry moved': () => {
    write('makesafe.environments.ts', (entry) => ({ ...entry, approve: undefined }));
    rmSync(scratch.path('env/environments.ts'));
  },
  'requests prolonged': () => {
    if (!existsSync(folder())) return;
    for (const name of readdirSync(folder()).filter((one) => one.endsWith('.json'))) {
      const file = join(folder(), name);
      const request = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...request, until: 4_000_000_000 }));
    }
  },
  'nonces forgotten': () => {
    if (!existsSync(folder())) return;
    for (const name of readdirSync(folder()).filter((one) => one.endsWith('.used')))
      rmSync(join(folder(), name));
  },
} satisfies Record<string, () => void>;

const attempt = fc.record({
  task: fc.constantFrom(...TASKS),
  words: fc.subarray(['FORCE=1', 'BACKUP=skip', 'WAIT=0'], { minLength: 1 }),
  env: fc.constantFrom<Record<string, string>>({}, { CLAUDECODE: '1' }, { AI_AGENT: 'x' }, { FORCE: '1' }),
  terminal: fc.boolean(),
  forgery: fc.constantFrom(...(Object.keys(FORGERIES) as (keyof typeof FORGERIES)[])),
  edit: fc.constantFrom(...(Object.keys(EDITS) as (keyof typeof EDITS)[])),
});

test(
  `${ATTEMPTS} attempts without a key: none gets through`,
  async () => {
    const before = await state();
    const ended: Record<number, number> = {};
    for (const one of fc.sample(attempt, { numRuns: ATTEMPTS, seed: SEED })) {
      const line = [...one.task.split(' '), 'ENV=signed', ...one.words].join(' ');
      const first = await scratch.runTask(line, { env: one.env });
      const request = asked(first);
      const forged = request && FORGERIES[one.forgery](request.text);
      if (request && forged !== undefined && !one.terminal) {
        mkdirSync(folder(), { recursive: true });
        writeFileSync(request.file, forged);
      }
      EDITS[one.edit]();
      let second: Ran;
      try {
        const typed = `${forged ?? 'signed'}\n-----END SSH SIGNATURE-----\n`;
        second = one.terminal
          ? await scratch.start(onTerminal(scratch.taskCommand(line), typed, 'Paste here'), { env: one.env })
              .ended
          : await scratch.runTask(line, { env: one.env });
      } finally {
        rmSync(scratch.path('makesafe.environments.ts'), { force: true });
        scratch.write('env/environments.ts', registry);
        if (request) rmSync(request.file, { force: true });
      }
      for (const ran of [first, second]) {
        ended[ran.status] = (ended[ran.status] ?? 0) + 1;
        expect(ran.status, `${JSON.stringify(one)}\n${ran.stdout}${ran.stderr}`).not.toBe(0);
      }
      expect(await state(), JSON.stringify(one)).toBe(before);
    }
    console.log(`approval: ${ATTEMPTS} attempts, statuses ${JSON.stringify(ended)}, 0 got through`);
  },
  ATTEMPTS * 60_000,
);
