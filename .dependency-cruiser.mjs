/**
 * Where everything of lib/ lives, from the top: a room imports from those below it only, types included. What each room
 * is for stands in docs/ARCHITECTURE.md.
 */
export const ROOMS = [
  ...[
    'tasks',
    'cli',
    'project',
    'task',
    'init',
    'check',
    'rehearsal',
    'drill',
    'db-rebuild',
    'schema',
    'guard',
    'lifecycle',
  ],
  ...['migrations', 'database', 'run', 'stack', 'environment', 'parameters', 'repository', 'dump', 'sql'],
  ...['system', 'output', 'errors'],
];

const within = (rooms) =>
  `^(?:${rooms.map((room) => (room === 'tasks' ? 'tasks/' : room === 'errors' ? 'lib/errors\\.ts$' : `lib/${room}/`)).join('|')})`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no circle',
      comment: 'Move what both need, often a type, to a file below them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no two folders that import each other',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    ...ROOMS.slice(1).map((room, at) => ({
      name: `${room} imports nothing above it`,
      comment: `Above it are ${ROOMS.slice(0, at + 1).join(', ')}.`,
      severity: 'error',
      from: { path: within([room]) },
      to: { path: within(ROOMS.slice(0, at + 1)) },
    })),
    {
      name: 'every file has a room',
      comment: 'A new room gets its place in ROOMS, and a line in docs/ARCHITECTURE.md.',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: [within(ROOMS), '^lib/index\\.ts$'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node_modules' },
  },
};
