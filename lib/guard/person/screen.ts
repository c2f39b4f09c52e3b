import type { Contents } from '../../database/contents.ts';
import { byteSize, counted } from '../../output/display.ts';
import { printable } from '../../output/printable.ts';
import type { Foreseen } from '../../run/run.ts';
import type { Plan } from '../../stack/plan.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { Action } from './blocked.ts';
import { describeOverlap } from '../facts/overlap.ts';
import type { GuardFacts } from '../facts/facts.ts';
import { describeKept } from './describe-undo.ts';
import { describeStorage } from '../facts/describe-storage.ts';

const WHAT_HAPPENS: Readonly<Record<Action['effect'], string>> = {
  destroy: 'destroyed',
  change: 'changed',
  migrate: 'migrated',
};

/**
 * What will be destroyed, as facts, one per line.
 *
 * @param migration lines for the revisions that a migration will run, and what it will do
 */
export function describeTarget(
  facts: GuardFacts,
  { what, effect }: Action,
  terminal: Terminal,
  migration: {
    readonly pending?: readonly string[] | undefined;
    readonly foreseen?: Foreseen | undefined;
    /** What can be brought back afterwards. */
    readonly undo?: string | undefined;
  } = {},
): string[] {
  const { environment, entry, target, contents, unread } = facts;
  const { name, alias } = environment;
  const unknown = target.running ? `not known: ${unread ?? ''}` : 'not known while the server is stopped';
  const size = contents ? `, ${byteSize(contents.storageSize)}` : '';
  const version = contents ? `, PostgreSQL ${contents.serverVersion}` : '';
  const system = contents?.systemIdentifier ? `, system ${contents.systemIdentifier}` : '';
  // Timeline 1 is a server that never was a standby.
  const timeline = (contents?.timeline ?? 1) > 1 ? `, timeline ${contents!.timeline}` : '';
  const rows: [string, string][] = [
    [
      'environment',
      `${name}${alias === undefined ? '' : ` (typed: ${alias})`}${entry.protected ? ', PROTECTED' : ''}`,
    ],
    ['engine', `${target.engine} on host ${target.host}`],
    ['project', `${target.project}${entry.checkout ? ` (checkout ${entry.checkout.name})` : ''}`],
    ['server', `${target.server ?? 'none'}${version}${system}${timeline}`],
    ...listed('nodes', target.nodes),
    ['storage', `${describeStorage(target.storage)}${size}`],
    ['database', `${target.database} of ${target.user}${contents ? `, ${describeContents(contents)}` : ''}`],
    ...(target.server === undefined && target.storage.kind === 'none'
      ? []
      : contents
        ? describeUse(contents)
        : [['contents', unknown] as [string, string]]),
    ['marker', facts.markers ? (facts.markers[target.database] ?? 'none yet') : unknown],
    ...describePlan(facts.plan),
    ...listed('old ones', describeKept(facts)),
    ...listed('pending', migration.pending),
    ...listed(migration.foreseen?.label ?? 'hazards', migration.foreseen?.lines),
    ...listed('undo', migration.undo === undefined ? [] : [migration.undo]),
  ];
  return [
    terminal.style(['bold', 'yellow'], `⚠️  ${what}: this will be ${WHAT_HAPPENS[effect]}`),
    ...rows.map(([label, value]) => `    ${label.padEnd(12)} ${value}`),
  ];
}

const listed = (label: string, lines: readonly string[] = []): [string, string][] =>
  lines.map((line, at) => [at === 0 ? label : '', printable(line)]);

/** All that is removed, and what stays of the project: one thing per line, the storage of the database first. */
function describePlan(plan: Plan): [string, string][] {
  const noted = (what: string, note: string): string => (note === '' ? what : `${what} (${note})`);
  return [
    ...listed(
      'volumes',
      plan.volumes.map(({ name, note }) => noted(name, note)),
    ),
    ...listed(
      'folders',
      plan.folders.map(({ path, note }) => noted(path, note)),
    ),
    ...listed(
      'containers',
      plan.containers.map(({ name, id, state }) => `${name} (${id.slice(0, 12)}, ${state})`),
    ),
    ...listed(
      'networks',
      plan.networks.map(({ name, id }) => `${name} (${id.slice(0, 12)})`),
    ),
    ...listed(
      'stays',
      plan.stays.map(({ what, why }) => noted(what, why)),
    ),
  ];
}

/** What is no reason to refuse, but what the person should see. */
export function describeDoubts({ overlaps, unknown }: GuardFacts): string[] {
  return [
    ...overlaps.map(describeOverlap),
    ...unknown.map(
      ({ environment, unread }) =>
        `${environment} cannot be compared with, its configuration cannot be read here: ${unread!}`,
    ),
  ];
}

const describeContents = ({ size, tables, rows }: Contents): string =>
  `${byteSize(size)}, ${counted(tables, 'table')}, about ${counted(rows, 'row')}`;

function describeUse({ revisions, idle, sessions }: Contents): [string, string][] {
  const open = Object.entries(sessions).map(([application, count]) => `${application} ${count}`);
  return [
    ['revision', revisions.length === 0 ? 'none' : revisions.join(', ')],
    ['activity', `${idle === null ? 'none known' : `last ${ago(idle)}`}`],
    ['sessions', open.length === 0 ? 'none' : open.join(', ')],
  ];
}

/** `3 minutes ago`, from seconds. */
export function ago(seconds: number): string {
  for (const [size, unit] of [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${counted(count, unit)} ago`;
  }
  return 'just now';
}
