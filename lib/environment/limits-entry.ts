/** Whether a value has none but these fields, each a number more than 0: `{ gigabytes: 20, days: 7 }`. */
export const isLimits = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, limit]) => names.includes(name) && typeof limit === 'number' && limit > 0,
  );
