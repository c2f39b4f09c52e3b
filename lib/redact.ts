/**
 * Keeps secrets out of everything that is printed or written. A secret is hidden in each form in which it may
 * turn up: plain, URL-encoded, base64, quoted for SQL and escaped for JSON.
 */
export class Redactor {
  #forms: string[] = [];

  hide(secret: string): void {
    if (secret === '') return;
    const forms = new Set([
      secret,
      encodeURIComponent(secret),
      encodeURI(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      secret.replaceAll("'", "''"),
      JSON.stringify(secret).slice(1, -1),
      // A value of several lines is printed line by line.
      ...secret.split('\n').filter((line) => line.length >= 4),
    ]);
    // Longest first: an encoded form may contain a shorter one.
    this.#forms = [...new Set([...this.#forms, ...forms])].sort((a, b) => b.length - a.length);
  }

  redact(text: string): string {
    return this.#forms.reduce((rest, form) => rest.replaceAll(form, '********'), text);
  }
}
