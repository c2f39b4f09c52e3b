/** Secrets that are known by their form, whatever the option is called in which they stand. */

/** `scheme://user:password@host`; what stands between the colon and the last @ before the host is no word. */
const IN_URL = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:[^\s]*@/i;

/** `password=…`, `pwd: …`, `"token":"…"`, `?secret=…` */
const NAMED =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|account[_-]?key)["']?\s*[=:]\s*\S/i;

/** `Authorization: Bearer …`, a key of PEM, one of AWS. */
const OTHERS =
  /\b(?:Bearer|Basic)\s+[\w+/.=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/;

export const isSecretByForm = (value: string): boolean =>
  IN_URL.test(value) || NAMED.test(value) || OTHERS.test(value);
