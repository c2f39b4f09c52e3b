import { TO_THE_PRIMARY, describeStandby } from '../database/recovery.ts';
import { unknownProtection } from '../environment/committed.ts';
import { isBelow } from '../system/files.ts';
import type { GuardFacts } from './facts/facts.ts';
import { IN_USE, LEFT_OVER, describeOverlap } from './facts/overlap.ts';
import type { Asked, Refusal, Request } from './check.ts';

/** Each check is a pure function of known facts. It returns a refusal (reason and remedy), or undefined to let pass. */

/** `protected: 'never'`: what the registry says can be changed by a commit, and by nothing that is typed. */
export function neverDestroyed({ name, entry, effect }: Asked): Refusal | undefined {
  if (entry.protected !== 'never' || effect === 'migrate') return undefined;
  return {
    reason: `no command destroys ${name}, with FORCE=1 either: the registry says protected: 'never'`,
    remedy: `a commit that changes this in env/environments.ts, which others read`,
  };
}

/** What only the commit protects is known by its registry. */
export function commitUnread({ name, effect, commit }: Asked): Refusal | undefined {
  if (commit.unread === undefined || effect === 'migrate') return undefined;
  return {
    reason: `${unknownProtection(name)}: its registry cannot be loaded\n${commit.unread}`,
    remedy: 'commit an env/environments.ts that can be loaded, which others read',
  };
}

/** An assistant types FORCE=1 as easily as anything. With `approve`, a person's signature decides instead. */
export function runByAssistant({ name, entry, assistant }: Asked): Refusal | undefined {
  if (!entry.protected || entry.approve || assistant === undefined) return undefined;
  return {
    reason: `${assistant} runs this command, and ${name} is protected`,
    remedy: 'ask the person, who decides and types it in a terminal of their own',
  };
}

/** Variables that make other tools choose a server, a database or a project. makesafe gives none to a child process. */
const CHOOSING = [
  ...['DATABASE_URL', 'PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE', 'PGOPTIONS'],
  ...['COMPOSE_PROJECT_NAME', 'COMPOSE_FILE', 'COMPOSE_ENV_FILES', 'COMPOSE_PROFILES'],
  ...['ZX_PREFIX', 'ZX_POSTFIX', 'ZX_SHELL'],
];

/** makesafe does not use these variables, but the person who exported one may believe that it does: so it refuses. */
export function chosenByShell({ exports }: Request): Refusal | undefined {
  const found = CHOOSING.filter((name) => exports[name]);
  if (found.length === 0) return undefined;
  return {
    reason: `${list(found)} ${found.length === 1 ? 'is' : 'are'} exported in your shell, and would choose another server or project for other tools`,
    remedy: `unset ${found.join(' ')}`,
  };
}

/** On a compose stack the container engine decides on which machine the server runs. */
export function engineOfShell({ name, entry, exports, ofMakefile }: Request): Refusal | undefined {
  if (entry.stack !== 'compose' || entry.engine?.context !== undefined) return undefined;
  const found = ['DOCKER_HOST', 'DOCKER_CONTEXT'].filter((variable) => exports[variable]);
  if (found.length === 0) return undefined;
  const made = found.every((variable) => ofMakefile?.has(variable));
  const values = found.map((variable) => `${variable}=${exports[variable]!}`).join(', ');
  return {
    reason: `${values} is exported ${made ? 'by the makefile' : 'in your shell'}, and chooses another container engine than the one of ${name} may be`,
    remedy: `${made ? `take ${found.join(' and ')} out of it` : `unset ${found.join(' ')}`}, or pin the engine in env/environments.ts: ${name}: { engine: { context: '…' } }`,
  };
}

/** Refuses if the engine runs on another host than the registry pins. */
export function otherHost({ entry, target, environment }: GuardFacts): Refusal | undefined {
  const pinned = entry.engine?.host;
  if (pinned === undefined || pinned === target.host) return undefined;
  return {
    reason: `the engine ${target.engine} is on host ${target.host}, and ${environment.name} is pinned to host ${pinned}`,
    remedy: `go to ${pinned}, or correct engine.host of ${environment.name} in env/environments.ts`,
  };
}

/** What an entry protects by now may have been written a moment ago. The wall has stood since it was protected. */
export function wallStands({ walled, environment }: GuardFacts): Refusal | undefined {
  if (!walled) return undefined;
  const { name } = environment;
  return {
    reason: `the wall of ${name} still stands: ${name} was protected, and the registry here protects it no more`,
    remedy: `if that is meant: make db-drop-wall-env ENV=${name} FORCE=1`,
  };
}

/** Refuses if two environments share a resource and one of them is protected. */
export function sharedWithProtected({ overlaps, environment }: GuardFacts): Refusal | undefined {
  const shared = overlaps.filter((overlap) => overlap.protected);
  if (shared.length === 0) return undefined;
  const stated = new Set(shared.map(({ own }) => own.at).filter((at) => at !== IN_USE && at !== LEFT_OVER));
  // The compose file may already name other storage.
  const inUse = shared.some(({ own }) => own.at === IN_USE);
  const left = new Set(shared.filter(({ own }) => own.at === LEFT_OVER).map(({ own }) => own.value));
  return {
    reason: shared.map(describeOverlap).join('\n'),
    remedy: [
      ...(stated.size > 0 ? [`give each environment its own: ${list([...stated])}`] : []),
      ...(inUse
        ? [
            `where the files give each its own by now, the old one goes out of use by: make down ENV=${environment.name}`,
          ]
        : []),
      ...(left.size > 0
        ? [`see whose data is in it; if it may go: docker volume rm ${[...left].join(' ')}`]
        : []),
    ].join('\n'),
  };
}

/** Refuses if containers of other projects mount the storage. */
export function usedByOthers({ target }: GuardFacts): Refusal | undefined {
  if (target.otherUsers.length === 0) return undefined;
  return {
    reason: `the storage is also mounted by ${list(target.otherUsers)}`,
    remedy: 'find out whose it is: docker ps --all --format "{{.Names}} {{.Mounts}}"',
  };
}

/** What the stack's plan reports: something is shared with others, or could not be removed. */
export function cannotBeRemoved({ plan }: GuardFacts): Refusal | undefined {
  if (plan.obstacles.length === 0) return undefined;
  const lines = (word: keyof Refusal): string =>
    [...new Set(plan.obstacles.map((obstacle) => obstacle[word]))].join('\n');
  return { reason: lines('reason'), remedy: lines('remedy') };
}

/** A backup that is removed together with the data is no backup. */
export function neededLiesInIt({ plan, needed }: GuardFacts): Refusal | undefined {
  const removed = [
    ...plan.folders.map(({ path }) => ({ folder: path, what: `folder ${path}` })),
    ...plan.volumes.flatMap(({ name, folder }) =>
      folder === undefined ? [] : [{ folder, what: `volume ${name}` }],
    ),
  ];
  const found = needed.flatMap(({ what, path }) => {
    const around = removed.find(({ folder }) => isBelow(path, folder));
    return around === undefined ? [] : [`${what} (${path}) lies in ${around.what}, which will be removed`];
  });
  if (found.length === 0) return undefined;
  return { reason: found.join('\n'), remedy: 'keep it elsewhere: BACKUP_DIR=<another folder>, for one' };
}

/** Refuses if the database is marked for another environment. */
export function markedForOther({ environment, target, markers }: GuardFacts): Refusal | undefined {
  const found = markers?.[target.database];
  if (found === undefined || found === environment.name) return undefined;
  return {
    reason: `database ${target.database} is marked for ${found}, and this is ${environment.name}`,
    remedy: `look at what it is; if it belongs to ${environment.name}: make db-mark-env ENV=${environment.name} REPLACE=${found}`,
  };
}

/** Refuses if the storage also holds databases of other environments. */
export function neighbourOfOther({ environment, target, markers = {} }: GuardFacts): Refusal | undefined {
  // makesafe cannot remove the storage of such a server. The environment owns only its own database there.
  if (target.storage.kind === 'server') return undefined;
  const others = Object.entries(markers)
    .filter(([database, found]) => database !== target.database && found !== environment.name)
    .map(([database, found]) => `${database} (${found})`);
  if (others.length === 0) return undefined;
  return {
    reason: `the same storage holds databases of other environments: ${list(others)}`,
    remedy: `find out which server this is: make db-mark-env ENV=${environment.name}`,
  };
}

/** Without a readable marker, the label of the volume and the journal are the only evidence. */
export function madeForOther({
  environment,
  entry,
  target,
  markers,
  journalled,
}: GuardFacts): Refusal | undefined {
  if (markers?.[target.database] === environment.name) return undefined;
  const { storage } = target;
  const madeFor = storage.kind === 'volume' && !storage.external ? storage.madeFor : undefined;
  const reasons = [
    ...(madeFor !== undefined && madeFor !== target.project
      ? [`volume ${'name' in storage ? storage.name : ''} was made for compose project ${madeFor}`]
      : []),
    ...(journalled !== undefined && journalled !== environment.name
      ? [`the journal knows this storage as ${journalled}'s`]
      : []),
  ];
  if (reasons.length === 0) return undefined;
  const how = entry.stack === 'compose' ? 'and look into it' : 'and look';
  return {
    reason: `${reasons.join(', and ')}; no marker says that it is ${environment.name}'s`,
    remedy: `start it ${how}: make up ENV=${environment.name}`,
  };
}

/** Without a connection, a protected database can neither be asked for its marker nor be backed up. */
export function mustRun({ environment, entry, target, contents, unread }: GuardFacts): Refusal | undefined {
  if (!entry.protected || contents !== undefined) return undefined;
  const why = target.running ? `cannot be read: ${unread}` : 'is not running';
  return {
    reason: `the database of ${environment.name} ${why}; it is protected, and neither its marker nor a backup can be had before it answers`,
    remedy: `make up ENV=${environment.name}`,
  };
}

/** Refuses on a standby, before a backup is taken or a name typed: the server would refuse every change. */
export function isStandby({ contents }: GuardFacts): Refusal | undefined {
  if (!contents?.isStandby) return undefined;
  return { reason: describeStandby(contents), remedy: TO_THE_PRIMARY };
}

const list = (words: readonly string[]): string => words.join(', ');
