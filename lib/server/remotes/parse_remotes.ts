import { UsageError } from "../../errors/mod.ts";
import { ParameterError, verifyParameters } from "../api/mod.ts";
import { parseSections } from "../config/mod.ts";
import type { RemoteConfig } from "./remote_config.ts";
import { REMOTE_NAME, REMOTE_PASSWORD, REMOTE_PROPERTIES } from "./remote_schemas.ts";

/** The password is in the file as the reference has it: not in plain sight, and no secret to a reader. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads the text of `remote.cfg`.
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line of the section that is wrong, and never a password.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const text = "remote: site2\n\tauth-id sync@pbs\n\thost pbs2\n\tpassword c2VjcmV0\n";
 * assertEquals(parseRemotes(text, "remote.cfg")[0]!.password, "secret");
 * ```
 */
export function parseRemotes(text: string, name: string): RemoteConfig[] {
  const remotes = new Map<string, RemoteConfig>();
  for (const section of parseSections(text, name)) {
    const fail = (reason: string): never => {
      throw new UsageError(
        `${name}, line ${section.line}: ${section.kind} "${section.name}": ${reason}`,
      );
    };
    if (section.kind !== "remote") fail('expected a section "remote: NAME"');
    if (remotes.has(section.name)) fail("it is defined twice");
    try {
      const values = verifyParameters(
        { name: REMOTE_NAME, ...REMOTE_PROPERTIES, password: { kind: "string" } },
        { form: "text", pairs: section.properties },
        new Map([["name", section.name]]),
      );
      remotes.set(section.name, {
        name: section.name,
        host: values.text("host"),
        port: values.optionalInteger("port"),
        authId: values.text("auth-id"),
        password: decodePassword(values.text("password")),
        fingerprint: values.optionalText("fingerprint"),
        comment: values.optionalText("comment"),
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { problems } = error instanceof ParameterError ? error : { problems: [] };
      fail(problems.map((each) => `"${each.name}": ${each.text}`).join("; ") || error.message);
    }
  }
  return [...remotes.values()];
}

/** A password as the file has it. */
export function encodePassword(password: string): string {
  return new TextEncoder().encode(password).toBase64();
}

function decodePassword(text: string): string {
  if (!BASE64.test(text) || text.length % 4 !== 0) {
    throw new UsageError('"password" is not in base64');
  }
  let password: string;
  try {
    password = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(text));
  } catch {
    throw new UsageError('"password" is not a text in base64');
  }
  const { minLength, maxLength, pattern } = REMOTE_PASSWORD as {
    minLength: number;
    maxLength: number;
    pattern: RegExp;
  };
  if (password.length < minLength || password.length > maxLength || !pattern.test(password)) {
    throw new UsageError(`"password" must be one line of at most ${maxLength} characters`);
  }
  return password;
}
