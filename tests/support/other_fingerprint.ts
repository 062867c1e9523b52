/**
 * A fingerprint that is not the given one: with 0 as first byte, as in recorded runs, unless one in 256
 * has that itself.
 */
export function otherFingerprint(fingerprint: string): string {
  return (fingerprint.startsWith("00") ? "01" : "00") + fingerprint.slice(2);
}
