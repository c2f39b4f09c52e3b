import type { Difference } from '../compare/comparison.ts';

/** What a difference means to the person who decides, the most serious first. */
export const CONCERNS = ['access', 'integrity', 'definition', 'storage'] as const;
export type Concern = (typeof CONCERNS)[number];

export const CONCERN_TITLES: Readonly<Record<Concern, string>> = {
  access: 'data could be read or written by somebody else',
  integrity: 'a constraint, unique index or trigger is missing, or does not hold',
  definition: 'definitions',
  storage: 'storage and comments',
};

/** A difference, for one of its changes. Without a text, the change is that the object exists on one side only. */
type Changed = Pick<Difference, 'kind' | 'class' | 'base' | 'compared'>;

/** Kinds that decide who may do what, or that let data out or in. */
const ACCESS_KINDS = /^(?:ROLE|POLICY|DEFAULT ACL|SECURITY LABEL|USER MAPPING|SUBSCRIPTION|PUBLICATION.*)$/;
const ACCESS_WORDS =
  /ROW LEVEL SECURITY|^security\b|^leakproof\b|security_(?:invoker|barrier)|^OWNER\b|SECURITY DEFINER/;

const INTEGRITY_KINDS = /^(?:(?:CHECK |FK )?CONSTRAINT|TRIGGER|EVENT TRIGGER|RULE)$/;
const INTEGRITY_WORDS =
  /^constraint .* only in |^constraint (?!.*\(the usual name)|^invalid\b|^its triggers on |^DETACH PARTITION|^(?:EN|DIS)ABLE .*(?:TRIGGER|RULE)|may be null, unlike|CHECK OPTION/;
/** Words that must occur equally often on both sides of an arrow. */
const INTEGRITY_PARTS = /\bNOT NULL\b|\bNOT VALID\b|\bNOT ENFORCED\b|\bCHECK\b/g;

/** A function that runs with its owner's rights: any change of it concerns access. */
const isDefiner = ({ kind, base = '', compared = '' }: Changed): boolean =>
  /^(?:FUNCTION|PROCEDURE)$/.test(kind) &&
  /^[^$]*\bSECURITY DEFINER\b/.test(`${headOf(base)}${headOf(compared)}`);

/** The definition without the body. */
const headOf = (definition: string): string => definition.split(/\n {4}AS /, 1)[0]!;

const isUnique = ({ kind, base = '', compared = '' }: Changed): boolean =>
  kind === 'INDEX' && /^CREATE UNIQUE INDEX/m.test(`${base}\n${compared}`);

/** How serious one change is. */
export function concernOfChange(difference: Changed, change: string): Concern {
  const { kind, class: how } = difference;
  if (how === 'owner' || how === 'privileges') return 'access';
  if (how === 'comment' || how === 'storage') return 'storage';
  if (ACCESS_KINDS.test(kind) || ACCESS_WORDS.test(change) || isDefiner(difference)) return 'access';
  if (/ SETTING$/.test(kind)) return 'definition';
  if (how === 'constraint name' || how === 'column order') return 'definition';
  if (INTEGRITY_KINDS.test(kind) || isUnique(difference) || INTEGRITY_WORDS.test(change)) return 'integrity';
  const [one = '', other] = change.split(' → ');
  if (other === undefined) return 'definition';
  const parts = (text: string): string => (text.match(INTEGRITY_PARTS) ?? []).sort().join();
  return parts(one) === parts(other) ? 'definition' : 'integrity';
}

/** How serious a difference is: as its most serious change. */
export function concernOf(difference: Difference): Concern {
  const { changes } = difference;
  const found = new Set(
    (changes.length > 0 ? changes : ['']).map((change) => concernOfChange(difference, change)),
  );
  return CONCERNS.find((concern) => found.has(concern))!;
}

/** The side on which the object exists. */
export const sideOf = ({ class: how }: Difference): 'base' | 'compared' | 'both' =>
  how === 'only in base' ? 'base' : how === 'only in compared' ? 'compared' : 'both';
