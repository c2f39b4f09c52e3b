/** Words for a developer's own machine, and for test environments, whose data are disposable. */
const LOCAL_WORDS =
  'local localhost dev devel develop development developer test tests testing ci e2e unit'.split(' ');

/** Words for an environment that others use. A name without any of these words is not local for that reason alone. */
const ELSEWHERE_WORDS = [
  'prod production prd live release released deploy deployment deployed main master',
  'server srv vps vm aws ec2 lightsail gcp gce azure cloud remote hosted public swarm onprem',
  'hetzner digitalocean droplet linode ovh vultr heroku railway demo sandbox',
  'staging stage stg qa uat acceptance preprod preproduction preview pilot beta canary',
].flatMap((line) => line.split(' '));

/** Several words written as one, perhaps with a number: `vmprod`, `prod2`. A local word with a number is not plainly local. */
const LOCAL = new RegExp(`^(?:${LOCAL_WORDS.join('|')})+$`);
const KNOWN = new RegExp(`^(?:${[...LOCAL_WORDS, ...ELSEWHERE_WORDS].join('|')})+\\d*$`);

/** Words that mean production in any place. `deploy`, `server` and the like are also names of folders. */
const PRODUCTION = /prod|prd|live|release|vps/;

/** `docker-compose.vm_prod.yml`: docker, compose, vm, prod, yml. */
export const tokensOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

const isLocalWord = (word: string): boolean => LOCAL.test(word);
const isElsewhere = (word: string): boolean => KNOWN.test(word) && !LOCAL.test(word);

/** Whether a name says that the environment is local or for tests, and has no word that contradicts it. */
export function isPlainlyLocal(name: string): boolean {
  const words = tokensOf(name);
  return words.some(isLocalWord) && !words.some(isElsewhere);
}

/** Whether a name has a word that is typical of environments. */
export const namesEnvironment = (name: string): boolean =>
  tokensOf(name).some((word) => isLocalWord(word) || isElsewhere(word));

/** The part of a name that names an environment: `dev` of `shop-dev`; `vm_prod` as a whole. */
export function environmentIn(name: string): string | undefined {
  const words = tokensOf(name);
  const known = words.filter((word) => isLocalWord(word) || isElsewhere(word));
  if (known.length === 0) return undefined;
  return known.length === words.length ? asName(name) : known.join('_');
}

/** Whether a text has a word that means production. */
export const saysProduction = (text: string): boolean =>
  tokensOf(text).some((word) => KNOWN.test(word) && PRODUCTION.test(word));

/** Whether two names mean the same kind of environment: `production` and `vm_prod`, `stg` and `staging`. */
export const isSameKind = (one: string, other: string): boolean =>
  tokensOf(one).join() === tokensOf(other).join() ||
  (saysProduction(one) && saysProduction(other)) ||
  [one, other].every((name) => tokensOf(name).some((word) => /^(staging|stage|stg)$/.test(word)));

/** A name that both compose and makesafe accept. */
export const asName = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '');

const NOT_USED: readonly (readonly [RegExp, string])[] = [
  [
    /^(archived?|archives|old|legacy|deprecated|obsolete|backups?|bak|attic|unused|trash|graveyard|dead|history)$/,
    'set aside',
  ],
  [/^(examples?|samples?|templates?|fixtures?|cookiecutter|skeletons?|docs?)$/, 'an example'],
  [/^devcontainer$/, "the editor's container"],
];

/** Why a file is not used, by a word in its path: `archive/` is set aside. */
export function unusedBecause(path: string): string | undefined {
  const parts = path.split('/');
  for (const [index, part] of parts.entries()) {
    const found = NOT_USED.find(([word]) => tokensOf(part).some((token) => word.test(token)));
    if (found) return `${found[1]}: ${index < parts.length - 1 ? `${part}/` : part}`;
  }
  return undefined;
}
