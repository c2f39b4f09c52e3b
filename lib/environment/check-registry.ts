import { nearest } from '../output/suggest.ts';
import { isApprove } from './approve-entry.ts';
import { checkServerEntry } from './server-entry.ts';
import { isLimits } from './limits-entry.ts';
import { isWall } from './wall-entry.ts';

/** What a field must be: in words for the message, and as a test. */
type Form = readonly [form: string, holds: (value: unknown) => boolean];
type Fields = Readonly<Record<string, unknown>>;

/** An object, but not an array. */
export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isMap = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isText);

/** Fields that name the repository's files and services. Allowed for all environments (`names`) and for one. */
const NAMING: Readonly<Record<string, Form>> = {
  composeFile: ['a path or a list of paths', (value) => value === '' || isText(value) || isTexts(value)],
  envFiles: [
    'a list of paths, or of { path, secret }',
    (value) =>
      Array.isArray(value) &&
      value.every((file: unknown) => {
        if (!isRecord(file)) return isText(file);
        return isText(file['path']) && isFlag(file['secret']) && Object.keys(file).length === 2;
      }),
  ],
  secretsTemplate: ['a path', isText],
  profiles: ['a list of names', isTexts],
  databaseService: ['the name of a service', isText],
  application: [
    '{ service, folder, alembicIni, python }, or false',
    (value) =>
      value === false ||
      (isMap(value) &&
        Object.keys(value as Fields).every((key) =>
          ['service', 'folder', 'alembicIni', 'python'].includes(key),
        )),
  ],
  alembicIni: ['a path', isText],
  rolesScript: ['a path, or false', (value) => value === false || isText(value)],
  seed: [
    'a path, or { command }',
    (value) => isText(value) || (isMap(value) && Object.keys(value as Fields).join() === 'command'),
  ],
  healthUrl: ['an http or https URL', (value) => isText(value) && /^https?:\/\//.test(value)],
};

const SECONDS: Form = [
  'seconds (more than 0), or false',
  (value) => value === false || (typeof value === 'number' && value > 0 && Number.isFinite(value)),
];

/** Fields that only an environment has. `engine` and `server` have checks of their own. */
const ENTRY: Readonly<Record<string, Form>> = {
  aliases: [
    'a list of names',
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  ],
  protected: ["true, false, or 'never'", (value) => isFlag(value) || value === 'never'],
  approve: [
    '{ keys, software }: public keys, one as `sk-ssh-ed25519@openssh.com AAAA… name`; others than `sk-…` need software: true',
    isApprove,
  ],
  wall: ["true, false, or { except: ['schema.table'] }, with * for any letters", isWall],
  local: ['true or false', isFlag],
  project: ['a name of lower-case letters, digits, _ and -', (value) => isText(value) && NAME.test(value)],
  stack: [
    'compose, embedded or server',
    (value) => isText(value) && ['compose', 'embedded', 'server'].includes(value),
  ],
  othersWait: SECONDS,
  standbyWait: SECONDS,
  saves: ['{ gigabytes, days }, numbers more than 0', (value) => isLimits(value, 'gigabytes', 'days')],
  undo: [
    'false, or { hours, gigabytes }, numbers more than 0',
    (value) => value === false || isLimits(value, 'hours', 'gigabytes'),
  ],
  roles: ["the database's names of roles: { owner: 'app' }", isMap],
  rehearse: [
    "'required', or { required, days }",
    (value) =>
      value === 'required' ||
      (isRecord(value) &&
        Object.entries(value).every(([key, one]) =>
          key === 'days'
            ? typeof one === 'number' && one > 0 && Number.isFinite(one)
            : key === 'required' && isFlag(one),
        )),
  ],
  hazards: [
    '{ blocks, long }, in seconds',
    (value) =>
      isRecord(value) &&
      Object.entries(value).every(
        ([key, limit]) => ['blocks', 'long'].includes(key) && typeof limit === 'number' && limit >= 0,
      ),
  ],
};

const REGISTRY: Readonly<Record<string, Form>> = {
  default: ['the name of an environment', isText],
  names: ['names of things: { composeFile, … }', isRecord],
  removed: ['names and their successors: { old: new }', isMap],
  ignore: ['a list of texts', isTexts],
  readonlyRole: ['the name of a role, or false', (value) => value === false || typeof value === 'string'],
  schemas: ['a list of names', isTexts],
  severalHeads: ['true or false', isFlag],
};

/** Fields without a default: every environment must state them. */
const REQUIRED = ['protected', 'stack'];

/**
 * A name becomes part of file names and of the compose project, so the rule is as strict as compose's. Lower case and
 * ASCII only, so that no two names look alike.
 *
 * @see https://docs.docker.com/compose/how-tos/project-name/
 */
const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * Returns one sentence for each mistake, with its place and what is expected; no sentence for a valid registry. The
 * value may be anything: nobody compiles the registry file, so its types prove nothing.
 */
export function checkRegistry(given: unknown): string[] {
  if (!isRecord(given)) return ['the default export must be { default, environments }'];
  const { environments, names, removed } = given;
  if (!isRecord(environments)) return ['environments must be entries by name: { vm_stg: { … } }'];
  const problems: string[] = [];
  const owners = new Map<string, string>();
  const take = (name: string, owner: string): void => {
    const other = owners.get(name);
    if (other !== undefined) problems.push(`${owner}: the name ${name} is taken by ${other}`);
    else owners.set(name, owner);
    if (!NAME.test(name))
      problems.push(`${owner}: ${name} is not a name of lower-case letters, digits, _ and -`);
  };
  const projects: { readonly project: string; readonly name: string; readonly entry: Fields }[] = [];
  for (const [name, entry] of Object.entries(environments)) {
    take(name, name);
    if (!isRecord(entry)) {
      problems.push(`${name}: must be an entry: { protected, stack, … }`);
      continue;
    }
    // A value that is not a list is reported by checkEntry.
    const aliases: unknown[] = Array.isArray(entry['aliases']) ? entry['aliases'] : [];
    for (const alias of aliases) if (typeof alias === 'string') take(alias, name);
    problems.push(...checkEntry(name, entry, isRecord(names) ? names : {}));
    const project = isText(entry['project']) ? entry['project'] : name;
    const other = projects.find((one) => one.project === project && mayShareEngine(one.entry, entry));
    // `down -v` of one environment would remove the volumes of the other.
    if (other) problems.push(`${name}: the compose project ${project} is taken by ${other.name}${ONE_EACH}`);
    projects.push({ project, name, entry });
  }
  if (isRecord(names)) problems.push(...check('names', names, NAMING), ...unknown('names', names, NAMING));
  for (const [name, successor] of Object.entries(isRecord(removed) ? removed : {})) {
    take(name, `removed ${name}`);
    if (isText(successor) && !Object.hasOwn(environments, successor)) {
      problems.push(`removed ${name}: its successor ${successor} is not an environment`);
    }
  }
  problems.push(...check('', given, REGISTRY));
  if (given['default'] === undefined) problems.push('default is missing: the name of an environment');
  else if (isText(given['default']) && !Object.hasOwn(environments, given['default'])) {
    problems.push(`default: ${given['default']} is not an environment`);
  }
  if (given['readonlyRole'] === '') problems.push('readonlyRole: is empty');
  // With no schema to look at, every check would pass.
  if (Array.isArray(given['schemas']) && given['schemas'].length === 0) problems.push('schemas: is empty');
  return [...problems, ...unknown('', given, { ...REGISTRY, environments: true })];
}

function checkEntry(name: string, entry: Fields, names: Fields): string[] {
  const problems = check(name, entry, ENTRY);
  for (const field of REQUIRED)
    if (entry[field] === undefined) problems.push(`${name}: ${field} must be ${ENTRY[field]![0]}`);
  const { roles, stack, server, engine } = entry;
  if (isMap(roles)) {
    const given = Object.values(roles as Fields);
    if (new Set(given).size < given.length) problems.push(`${name}: roles gives one role two names`);
  }
  if (stack === 'server' || server !== undefined)
    problems.push(...checkServerEntry(server).map((problem) => `${name}: ${problem}`));
  const composeFile = entry['composeFile'] ?? names['composeFile'];
  if (stack === 'compose' && (!composeFile || (Array.isArray(composeFile) && composeFile.length === 0)))
    problems.push(`${name}: composeFile is missing`);
  problems.push(...check(name, entry, NAMING));
  if (engine !== undefined && !isEngine(engine))
    problems.push(`${name}: engine takes a context, a host or both`);
  return [...problems, ...unknown(name, entry, { ...ENTRY, ...NAMING, server: true, engine: true })];
}

/** How two environments may have the same project name: on two machines. */
const ONE_EACH = `; where they are on two machines, write in both: engine: { host: '<what docker info --format "{{.Name}}" says there>' }`;

/** Whether two entries may use the same engine: unless they state different contexts or different hosts. */
function mayShareEngine(one: Fields, other: Fields): boolean {
  const [a, b] = [one, other].map(({ engine }) => (isEngine(engine) ? (engine as Fields) : {})) as [
    Fields,
    Fields,
  ];
  const hosts = a['host'] !== undefined && b['host'] !== undefined && a['host'] !== b['host'];
  return a['context'] === b['context'] && !hosts;
}

const isEngine = (engine: unknown): boolean =>
  isMap(engine) && Object.keys(engine as Fields).every((key) => ['context', 'host'].includes(key));

function check(owner: string, given: Fields, forms: Readonly<Record<string, Form>>): string[] {
  const before = owner === '' ? '' : `${owner}: `;
  return Object.entries(forms).flatMap(([key, [form, holds]]) => {
    const value = Object.hasOwn(given, key) ? given[key] : undefined;
    return value === undefined || holds(value) ? [] : [`${before}${key} must be ${form}`];
  });
}

/** A field that makesafe does not read is a mistake: `protect: true` protects nothing. */
function unknown(owner: string, given: Fields, known: Fields): string[] {
  return Object.keys(given)
    .filter((key) => !Object.hasOwn(known, key))
    .map((key) => {
      const near = nearest(key, Object.keys(known)) ?? Object.keys(known).find((one) => one.startsWith(key));
      const question = near === undefined ? '' : `; did you mean ${near}?`;
      return `${owner === '' ? '' : `${owner}: `}${key} is not known${question}`;
    });
}
