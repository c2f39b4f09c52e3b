const MASK = '********';

/** Keeps secrets out of everything that is printed or written, in each form in which they may turn up. */
export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  hide(secret: string): void {
    if (secret === '') return;
    for (const form of formsOf(secret)) this.#forms.add(form);
    // Longest first, because one form may begin with another; in one pass, because a secret may look like the mask.
    const longestFirst = [...this.#forms].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(longestFirst.map(escapeRegExp).join('|'), 'g');
  }

  redact(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, MASK) : text;
  }
}

function formsOf(secret: string): string[] {
  // What is meant for compose to read has its dollar signs doubled.
  const plain = [secret, secret.replaceAll('$', '$$$$')];
  const url = new URL('http://localhost');
  url.password = secret;
  return [
    ...plain.flatMap((text) => [
      text,
      // In single quotes of SQL and YAML, in E'…', and in double quotes of JSON and YAML.
      text.replaceAll("'", "''"),
      text.replaceAll("'", "''").replaceAll('\\', '\\\\'),
      JSON.stringify(text).slice(1, -1),
    ]),
    url.password,
    encodeURI(secret),
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    // A value of several lines is printed line by line.
    ...secret.split('\n').filter((line) => line.length >= 4),
  ];
}

const escapeRegExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
