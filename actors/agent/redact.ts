/** Shapes of secrets that people paste and programs print. */
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g,
  /\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /\bS[UACNO][A-Z2-7]{56}\b/g,
];

/** What stands behind a name that says it is a secret; the name stays. */
const named =
  /\b((?:[A-Za-z0-9]+[_-])*(?:api[_-]?key|secret(?:[_-]?key)?|password|passwd|access[_-]?token|auth[_-]?token|token|bearer))(["']?\s*[:=]\s*["']?|\s+)([A-Za-z0-9+/_.~-]{12,})/gi;
const inUrl = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+):([^\s/@]+)@/gi;

const MARK = '[redacted]';

/**
 * Hides what looks like a secret, and the given ones wherever they occur (those shorter than 8 characters are placeholders of local
 * servers). Redacting twice changes nothing more.
 */
export function secretRedactor(secrets: readonly string[] = []): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= 8);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, MARK);
    for (const shape of shapes) clean = clean.replace(shape, MARK);
    return clean
      .replace(inUrl, `$1:${MARK}@`)
      .replace(named, (whole, name: string, between: string, value: string) =>
        /\d/.test(value) || /[:=]/.test(between) ? `${name}${between}${MARK}` : whole,
      );
  };
}
