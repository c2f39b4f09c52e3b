/**
 * Names of keywords and of some values in ICU's older notation:
 * https://unicode.org/reports/tr35/#Key_And_Type_Definitions_
 */
const KEYS: Readonly<Record<string, string>> = {
  ...{ calendar: 'ca', collation: 'co', currency: 'cu', numbers: 'nu', hours: 'hc', measure: 'ms' },
  ...{
    colalternate: 'ka',
    colbackwards: 'kb',
    colcaselevel: 'kc',
    colcasefirst: 'kf',
    colnormalization: 'kk',
  },
  ...{ colnumeric: 'kn', colreorder: 'kr', colstrength: 'ks', colhiraganaquaternary: 'kh' },
};
const VALUES: Readonly<Record<string, string>> = {
  ...{ phonebook: 'phonebk', dictionary: 'dict', traditional: 'trad', gb2312han: 'gb2312' },
  ...{
    primary: 'level1',
    secondary: 'level2',
    tertiary: 'level3',
    quaternary: 'level4',
    identical: 'identic',
  },
  ...{ 'non-ignorable': 'noignore', yes: 'true', no: 'false' },
};

/**
 * An ICU locale as a language tag. Version 15 stores a locale as it was typed (`ja_JP`, `de@collation=phonebook`);
 * since 16 it is a tag (`ja-JP`, `de-u-co-phonebk`). Any other text stays unchanged.
 *
 * @see https://www.postgresql.org/docs/current/locale.html#ICU-LANGUAGE-TAG
 */
export function languageTag(locale: string): string {
  const [name = '', keywords] = locale.split('@');
  const base = name === '' || /^root$/i.test(name) ? 'und' : name.replaceAll('_', '-');
  const pairs = (keywords ?? '')
    .split(';')
    .filter(Boolean)
    .map((pair) => pair.toLowerCase().split('=') as [string, string]);
  const extension = pairs.map(([key, value]) => `${KEYS[key] ?? key}-${VALUES[value] ?? value}`).sort();
  try {
    const tag = [base, ...(extension.length > 0 ? ['u', ...extension] : [])].join('-');
    return Intl.getCanonicalLocales(tag)[0] ?? locale;
  } catch {
    return locale;
  }
}
