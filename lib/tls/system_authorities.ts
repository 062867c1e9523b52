import { readAuthorities } from "./read_authorities.ts";

/** Files in which distributions keep their bundle of certificate authorities. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The system's certificate authorities, as OpenSSL finds them: the file that `SSL_CERT_FILE` names,
 * else the distribution's bundle.
 *
 * @returns PEM text, or `undefined` if the system has none; the runtime's own list is used then.
 * @throws {Deno.errors.NotFound} if the file that was named does not exist.
 */
export async function systemAuthorities(): Promise<string | undefined> {
  const named = Deno.env.get("SSL_CERT_FILE");
  if (named) return await readAuthorities(named);
  for (const path of BUNDLES) {
    try {
      return await readAuthorities(path);
    } catch {
      // Another distribution's place.
    }
  }
  return undefined;
}
