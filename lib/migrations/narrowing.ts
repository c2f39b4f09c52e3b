/** A type as PostgreSQL writes it, taken apart: `numeric(10,2)`, `timestamp(3) without time zone`. */
interface Type {
  readonly base: string;
  readonly modifiers: readonly number[];
}

function parse(text: string): Type {
  const [, before = text, modifiers, after = ''] = /^(.*?)\(([\d,\s-]+)\)(.*)$/.exec(text) ?? [];
  return { base: `${before}${after}`.trim(), modifiers: modifiers?.split(',').map(Number) ?? [] };
}

/** Decimal digits that hold every value of the type. */
const DIGITS: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };

/** Types that hold each value of another one as it is. Every type becomes text without a loss. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  smallint: ['integer', 'bigint', 'real', 'double precision'],
  integer: ['bigint', 'double precision'],
  real: ['double precision'],
  date: ['timestamp without time zone', 'timestamp with time zone'],
  'timestamp without time zone': ['timestamp with time zone'],
  'timestamp with time zone': ['timestamp without time zone'],
  'time without time zone': ['interval'],
  cidr: ['inet'],
  json: ['jsonb'],
  jsonb: ['json'],
};

/** Digits behind the decimal point of seconds that a type without a modifier has. */
const PRECISION = 6;

/**
 * Whether values of a column may lose something when it gets another type. Judged from the types alone: a USING clause may
 * lose more.
 *
 * @param from as format_type() writes it, like `to`
 * @see https://www.postgresql.org/docs/current/datatype.html
 */
export function mayLose(from: string, to: string): boolean {
  const [one, other] = [parse(from), parse(to)];
  const unlimited = other.modifiers.length === 0;
  if (unlimited && (other.base === 'text' || other.base === 'character varying')) return false;
  if (other.base === 'numeric') return !fitsNumeric(one, other);
  const [before, after] = [one, other].map(({ modifiers }) => modifiers[0]);
  if (isTime(one.base) && isTime(other.base) && (before ?? PRECISION) > (after ?? PRECISION)) return true;
  if (one.base !== other.base) return !(WIDER[one.base]?.includes(other.base) ?? false);
  if (unlimited || isTime(one.base)) return false;
  return before === undefined || before > after!;
}

const isTime = (base: string): boolean => /^(timestamp|time|interval)\b/.test(base);

function fitsNumeric(from: Type, to: Type): boolean {
  const digits = DIGITS[from.base];
  if (from.base !== 'numeric' && digits === undefined) return false;
  if (to.modifiers.length === 0) return true;
  if (from.base === 'numeric' && from.modifiers.length === 0) return false;
  const [precision, scale = 0] = from.base === 'numeric' ? (from.modifiers as [number]) : [digits!, 0];
  const [otherPrecision, otherScale = 0] = to.modifiers as [number];
  return otherScale >= scale && otherPrecision - otherScale >= precision - scale;
}
