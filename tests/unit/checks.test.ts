import { describe, expect, test } from 'vitest';
import { TO_THE_PRIMARY } from '../../lib/database/recovery.ts';
import type { EnvironmentEntry } from '../../lib/environment/entry.ts';
import {
  cannotBeRemoved,
  chosenByShell,
  engineOfShell,
  isStandby,
  madeForOther,
  markedForOther,
  mustRun,
  neededLiesInIt,
  neighbourOfOther,
  commitUnread,
  neverDestroyed,
  otherHost,
  runByAssistant,
  sharedWithProtected,
  usedByOthers,
  wallStands,
} from '../../lib/guard/checks.ts';
import type { GuardFacts } from '../../lib/guard/facts/facts.ts';
import { IN_USE, LEFT_OVER, type Overlap } from '../../lib/guard/facts/overlap.ts';
import { BEFORE_CONTACT, BY_NAME, ON_CONTENTS, ON_FACTS } from '../../lib/guard/policy.ts';
import type { Asked, Refusal } from '../../lib/guard/check.ts';
import { NOTHING } from '../../lib/stack/plan.ts';
import { contents, entry, facts, stopped, target, volume } from './guard-facts.ts';

type Row<T> = readonly [title: string, about: T, refused?: readonly [reason: string, remedy: string]];

/** A table of one check: what passes, and what is refused with exactly which reason and remedy. */
function table<T>(check: (about: T) => Refusal | undefined, rows: readonly Row<T>[]): void {
  describe(check.name, () => {
    test.each(rows.map(([title, about, refused]) => ({ title, about, refused })))(
      '$title',
      ({ about, refused }) => {
        expect(check(about)).toEqual(refused && { reason: refused[0], remedy: refused[1] });
      },
    );
  });
}

/** Facts with another environment entry, or other parts. */
const but = (changes: Partial<GuardFacts>): GuardFacts => ({ ...facts, ...changes });
const request = (exports: Record<string, string>, changes: Partial<EnvironmentEntry> = {}) => ({
  ...{ name: 'vm_stg', entry: { ...entry, ...changes }, exports },
});

const asked = (changes: Partial<EnvironmentEntry>, more: Partial<Asked> = {}): Asked => ({
  ...{ name: 'vm_prod', entry: { ...entry, ...changes }, effect: 'destroy', assistant: undefined },
  ...{ commit: { entries: {} }, ...more },
});
const NEVER: readonly [string, string] = [
  "no command destroys vm_prod, with FORCE=1 either: the registry says protected: 'never'",
  'a commit that changes this in env/environments.ts, which others read',
];

table(neverDestroyed, [
  ['protected', asked({ protected: true })],
  ['not protected', asked({ protected: false })],
  ['a migration', asked({ protected: 'never' }, { effect: 'migrate' })],
  ['destroyed', asked({ protected: 'never' }), NEVER],
  ['changed', asked({ protected: 'never' }, { effect: 'change' }), NEVER],
]);

const UNREAD: readonly [string, string] = [
  'whether the checked-out commit protects vm_prod is not known: its registry cannot be loaded\nUnexpected end of input',
  'commit an env/environments.ts that can be loaded, which others read',
];
const unread = { commit: { entries: {}, unread: 'Unexpected end of input' } };

table(commitUnread, [
  ['a commit that can be read', asked({ protected: false })],
  ['a migration', asked({ protected: false }, { ...unread, effect: 'migrate' })],
  ['destroyed', asked({ protected: false }, unread), UNREAD],
  ['changed, protected or not', asked({ protected: true }, { ...unread, effect: 'change' }), UNREAD],
]);

const approve = { keys: ['sk-ssh-ed25519@openssh.com AAAA'] };
const BY_CURSOR: readonly [string, string] = [
  'cursor runs this command, and vm_prod is protected',
  'ask the person, who decides and types it in a terminal of their own',
];

table(runByAssistant, [
  ['a person', asked({ protected: true })],
  ['where it is not protected', asked({ protected: false }, { assistant: 'cursor' })],
  ['where a signature decides', asked({ protected: true, approve }, { assistant: 'cursor' })],
  ['an assistant', asked({ protected: true }, { assistant: 'cursor' }), BY_CURSOR],
  [
    'an assistant that migrates',
    asked({ protected: true }, { assistant: 'cursor', effect: 'migrate' }),
    BY_CURSOR,
  ],
]);

table(chosenByShell, [
  ['nothing exported', request({})],
  ['what every shell has', request({ PATH: '/bin', HOME: '/root', LANG: 'C', PGTZ: 'UTC', TZ: 'UTC' })],
  ['exported, but empty', request({ PGHOST: '', DATABASE_URL: '' })],
  ['another name that begins so', request({ PGHOSTX: 'x', MY_PGHOST: 'x', pghost: 'x' })],
  ...[
    ...['DATABASE_URL', 'PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE', 'PGOPTIONS'],
    ...['COMPOSE_PROJECT_NAME', 'COMPOSE_FILE', 'COMPOSE_ENV_FILES', 'COMPOSE_PROFILES'],
    ...['ZX_PREFIX', 'ZX_POSTFIX', 'ZX_SHELL'],
  ].map((name): Row<Parameters<typeof chosenByShell>[0]> => [
    name,
    request({ [name]: 'a secret perhaps' }),
    [
      `${name} is exported in your shell, and would choose another server or project for other tools`,
      `unset ${name}`,
    ],
  ]),
  [
    'several at once, also where the engine is pinned',
    request({ PGHOST: 'x', COMPOSE_FILE: 'y' }, { engine: { context: 'vm-stg' } }),
    [
      'PGHOST, COMPOSE_FILE are exported in your shell, and would choose another server or project for other tools',
      'unset PGHOST COMPOSE_FILE',
    ],
  ],
]);

const pinIt = `or pin the engine in env/environments.ts: vm_stg: { engine: { context: '…' } }`;
table(engineOfShell, [
  ['nothing exported', request({})],
  ['exported, but empty', request({ DOCKER_HOST: '', DOCKER_CONTEXT: '' })],
  ['DOCKER_HOST, pinned', request({ DOCKER_HOST: 'ssh://prod' }, { engine: { context: 'vm-stg' } })],
  ['DOCKER_HOST, no containers', request({ DOCKER_HOST: 'ssh://prod' }, { stack: 'embedded' })],
  [
    'DOCKER_HOST',
    request({ DOCKER_HOST: 'ssh://prod' }),
    [
      'DOCKER_HOST=ssh://prod is exported in your shell, and chooses another container engine than the one of vm_stg may be',
      `unset DOCKER_HOST, ${pinIt}`,
    ],
  ],
  [
    'DOCKER_HOST of the makefile',
    { ...request({ DOCKER_HOST: 'ssh://prod' }), ofMakefile: new Set(['DOCKER_HOST']) },
    [
      'DOCKER_HOST=ssh://prod is exported by the makefile, and chooses another container engine than the one of vm_stg may be',
      `take DOCKER_HOST out of it, ${pinIt}`,
    ],
  ],
  [
    'both, and only the host name is pinned',
    request({ DOCKER_HOST: 'ssh://prod', DOCKER_CONTEXT: 'prod' }, { engine: { host: 'vm7' } }),
    [
      'DOCKER_HOST=ssh://prod, DOCKER_CONTEXT=prod is exported in your shell, and chooses another container engine than the one of vm_stg may be',
      `unset DOCKER_HOST DOCKER_CONTEXT, ${pinIt}`,
    ],
  ],
]);

table(otherHost, [
  ['nothing pinned', facts],
  ['only the context is pinned', but({ entry: { ...entry, engine: { context: 'vm-stg' } } })],
  ['the pinned host', but({ entry: { ...entry, engine: { host: 'vm7' } } })],
  [
    'another host',
    but({ entry: { ...entry, engine: { context: 'x', host: 'vm8' } } }),
    [
      'the engine unix:///var/run/docker.sock is on host vm7, and vm_stg is pinned to host vm8',
      'go to vm8, or correct engine.host of vm_stg in env/environments.ts',
    ],
  ],
]);

const overlap = (changes: Partial<Overlap> = {}): Overlap => ({
  what: 'volume',
  own: { value: 'shop_data', at: 'env/.env.vm_stg:3' },
  other: { value: 'shop_data', at: 'docker/docker-compose.prod.yml:12' },
  environment: 'vm_prod',
  protected: true,
  ...changes,
});
table(wallStands, [
  ['no wall', facts],
  [
    'a wall, where the registry protects nothing by now',
    but({ walled: true }),
    [
      'the wall of vm_stg still stands: vm_stg was protected, and the registry here protects it no more',
      'if that is meant: make db-drop-wall-env ENV=vm_stg FORCE=1',
    ],
  ],
]);

table(sharedWithProtected, [
  ['nothing shared', facts],
  ['shared with one that is not protected', but({ overlaps: [overlap({ protected: false })] })],
  [
    'shared with a protected one, both files and lines named',
    but({ overlaps: [overlap({ protected: false, environment: 'local_dev' }), overlap()] }),
    [
      "volume shop_data is also vm_prod's (env/.env.vm_stg:3, docker/docker-compose.prod.yml:12)",
      'give each environment its own: env/.env.vm_stg:3',
    ],
  ],
  [
    'several, from one line',
    but({
      overlaps: [overlap(), overlap({ what: 'folder', own: { value: '/srv', at: 'env/.env.vm_stg:3' } })],
    }),
    [
      "volume shop_data is also vm_prod's (env/.env.vm_stg:3, docker/docker-compose.prod.yml:12)\n" +
        "folder /srv is also vm_prod's (env/.env.vm_stg:3, docker/docker-compose.prod.yml:12)",
      'give each environment its own: env/.env.vm_stg:3',
    ],
  ],
  [
    'by what no file of its own says any more',
    but({
      overlaps: [
        overlap({ own: { value: 'shop_data', at: IN_USE } }),
        overlap({ own: { value: 'shop_old', at: LEFT_OVER } }),
      ],
    }),
    [
      "volume shop_data is also vm_prod's (the storage in use, docker/docker-compose.prod.yml:12)\n" +
        "volume shop_old is also vm_prod's (a volume of the project, docker/docker-compose.prod.yml:12)",
      'where the files give each its own by now, the old one goes out of use by: make down ENV=vm_stg\n' +
        'see whose data is in it; if it may go: docker volume rm shop_old',
    ],
  ],
]);

table(usedByOthers, [
  ['nobody', facts],
  [
    'two',
    but({ target: { ...target, otherUsers: ['a (project b)', 'c (no compose project)'] } }),
    [
      'the storage is also mounted by a (project b), c (no compose project)',
      'find out whose it is: docker ps --all --format "{{.Names}} {{.Mounts}}"',
    ],
  ],
]);

table(markedForOther, [
  ['its own marker', facts],
  ['no marker', but({ markers: {} })],
  ['a neighbour with another marker', but({ markers: { core_stg: 'vm_stg', other: 'vm_prod' } })],
  ['unread', stopped],
  [
    'the marker of another environment',
    but({ markers: { core_stg: 'vm_prod' } }),
    [
      'database core_stg is marked for vm_prod, and this is vm_stg',
      'look at what it is; if it belongs to vm_stg: make db-mark-env ENV=vm_stg REPLACE=vm_prod',
    ],
  ],
  [
    'which need not be in the registry',
    but({ markers: { core_stg: 'gone' } }),
    [
      'database core_stg is marked for gone, and this is vm_stg',
      'look at what it is; if it belongs to vm_stg: make db-mark-env ENV=vm_stg REPLACE=gone',
    ],
  ],
]);

table(neighbourOfOther, [
  ['alone', facts],
  ['unread', stopped],
  ['its own, and one without a marker', but({ markers: { core_stg: 'vm_stg', more: 'vm_stg' } })],
  ['the database itself, which is another check', but({ markers: { core_stg: 'vm_prod' } })],
  [
    'on a server whose storage is out of reach',
    but({
      target: { ...target, storage: { kind: 'server', address: 'db.example:5432' } },
      markers: { core_stg: 'vm_stg', a: 'vm_prod' },
    }),
  ],
  [
    'neighbours of others',
    but({ markers: { core_stg: 'vm_stg', a: 'vm_prod', b: 'vm_stg', c: 'local_dev' } }),
    [
      'the same storage holds databases of other environments: a (vm_prod), c (local_dev)',
      'find out which server this is: make db-mark-env ENV=vm_stg',
    ],
  ],
  [
    'also where the database itself is missing',
    { ...stopped, markers: { a: 'vm_prod' } },
    [
      'the same storage holds databases of other environments: a (vm_prod)',
      'find out which server this is: make db-mark-env ENV=vm_stg',
    ],
  ],
]);

const madeFor = (project: string, changes: object = {}) => ({
  ...stopped,
  target: { ...stopped.target, storage: volume({ madeFor: project, ...changes }) },
});
const look = 'start it and look into it: make up ENV=vm_stg';
table(madeForOther, [
  ['nothing known', stopped],
  ['made for this project', madeFor('shop')],
  ['known as its own', { ...stopped, journalled: 'vm_stg' }],
  ['known as another’s, but its own marker says more', but({ journalled: 'vm_prod' })],
  ['an external volume, whoever made it', madeFor('other', { external: true })],
  [
    'made for another project',
    madeFor('other'),
    ["volume shop_data was made for compose project other; no marker says that it is vm_stg's", look],
  ],
  [
    'running, without a marker',
    but({ markers: {}, target: { ...target, storage: volume({ madeFor: 'other' }) } }),
    ["volume shop_data was made for compose project other; no marker says that it is vm_stg's", look],
  ],
  [
    'known as another’s',
    { ...stopped, journalled: 'vm_prod' },
    ["the journal knows this storage as vm_prod's; no marker says that it is vm_stg's", look],
  ],
  [
    'known as another’s, on this machine',
    { ...stopped, entry: { ...entry, stack: 'embedded' }, journalled: 'vm_prod' },
    [
      "the journal knows this storage as vm_prod's; no marker says that it is vm_stg's",
      'start it and look: make up ENV=vm_stg',
    ],
  ],
  [
    'both',
    { ...madeFor('other'), journalled: 'vm_prod' },
    [
      "volume shop_data was made for compose project other, and the journal knows this storage as vm_prod's; no marker says that it is vm_stg's",
      look,
    ],
  ],
]);

table(cannotBeRemoved, [
  ['nothing in the way', facts],
  [
    'each once',
    but({
      plan: {
        ...NOTHING,
        obstacles: [
          { reason: 'volume a is theirs', remedy: 'ask' },
          { reason: 'volume b is theirs', remedy: 'ask' },
        ],
      },
    }),
    ['volume a is theirs\nvolume b is theirs', 'ask'],
  ],
]);

const removing = (path: string): Partial<GuardFacts> => ({
  plan: {
    ...NOTHING,
    folders: [{ path: '/p/data', note: '' }],
    volumes: [{ name: 'v', note: '', folder: '/var/lib/docker/volumes/v/_data' }],
  },
  needed: [{ what: 'BACKUP_DIR', path }],
});
const keep = 'keep it elsewhere: BACKUP_DIR=<another folder>, for one';
table(neededLiesInIt, [
  ['elsewhere', but(removing('/p/backups'))],
  ['around it', but(removing('/p'))],
  ['beside it', but(removing('/p/data2'))],
  [
    'in the folder',
    but(removing('/p/data/deep/er')),
    ['BACKUP_DIR (/p/data/deep/er) lies in folder /p/data, which will be removed', keep],
  ],
  [
    'the folder itself',
    but(removing('/p/data/')),
    ['BACKUP_DIR (/p/data/) lies in folder /p/data, which will be removed', keep],
  ],
  [
    'where the engine keeps a volume',
    but(removing('/var/lib/docker/volumes/v/_data/b')),
    ['BACKUP_DIR (/var/lib/docker/volumes/v/_data/b) lies in volume v, which will be removed', keep],
  ],
]);

const prod = { environment: { name: 'vm_prod' }, entry: { ...entry, protected: true } };
table(isStandby, [
  ['a primary', facts],
  ['a server that is stopped', stopped],
  [
    'a standby',
    but({ contents: { ...contents, isStandby: true, primary: 'n1:5432' } }),
    ['the server is a standby: it takes no changes; it follows n1:5432', TO_THE_PRIMARY],
  ],
  [
    'a standby whose primary is not known',
    but({ contents: { ...contents, isStandby: true } }),
    ['the server is a standby: it takes no changes', TO_THE_PRIMARY],
  ],
]);

table(mustRun, [
  ['not protected, stopped', stopped],
  ['protected, read', but(prod)],
  [
    'protected, stopped',
    { ...stopped, ...prod },
    [
      'the database of vm_prod is not running; it is protected, and neither its marker nor a backup can be had before it answers',
      'make up ENV=vm_prod',
    ],
  ],
  [
    'protected, running and not readable',
    but({ ...prod, contents: undefined, unread: 'password authentication failed' }),
    [
      'the database of vm_prod cannot be read: password authentication failed; it is protected, and neither its marker nor a backup can be had before it answers',
      'make up ENV=vm_prod',
    ],
  ],
]);

test('every check of checks.ts is in the policy once, and has a name of its own', async () => {
  const all = Object.entries(await import('../../lib/guard/checks.ts')).filter(
    ([name]) => name !== 'describeOverlap',
  );
  const listed = [...BY_NAME, ...BEFORE_CONTACT, ...ON_FACTS, ...ON_CONTENTS];
  expect(new Set(listed.map(({ refuses }) => refuses))).toEqual(new Set(all.map(([, check]) => check)));
  expect(listed).toHaveLength(all.length);
  expect(new Set(listed.map(({ name }) => name)).size).toBe(all.length);
});
