import { consents } from '../parameters/shared.ts';

/** What may surprise somebody about a migration. */
export const HAZARDS = [
  'deletes-data',
  'blocks-reads',
  'blocks-writes',
  'rewrites-table',
  'long',
  'not-transactional',
  'irreversible',
] as const;
export type HazardKind = (typeof HAZARDS)[number];

/** What a person may allow a migration of a protected environment. `unrehearsed`: to do what nobody has tried. */
const ALLOWABLE = [...HAZARDS, 'unrehearsed'] as const;
export type Allowable = (typeof ALLOWABLE)[number];

export const ALLOW_HAZARDS = consents(
  ALLOWABLE,
  'on a protected environment: the hazards that its rehearsal has seen and that are meant; unrehearsed (it was not tried on a copy, or may do something else than there)',
);
