import type { ConfigTable } from "../tables/mod.ts";
import type { SecretReference } from "./secret_reference.ts";

/**
 * The reference to a secret in a table: the key `NAME-file`, `NAME-command` (one text is a line for
 * the shell, a list is a program and its arguments) or `NAME-credential`.
 *
 * @param table Takes these keys from it.
 * @param name For instance `password`.
 * @returns undefined if there is none.
 * @throws {TableError} if the secret itself is there, or more than one reference.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ConfigTable } from "../tables/mod.ts";
 * const table = new ConfigTable({ "password-file": "/etc/secret" }, []);
 * assertEquals(secretReferenceOf(table, "password"), { kind: "file", path: "/etc/secret" });
 * ```
 */
export function secretReferenceOf(table: ConfigTable, name: string): SecretReference | undefined {
  const [file, command, credential] = [`${name}-file`, `${name}-command`, `${name}-credential`];
  if (table.has(name)) {
    table.fail(
      name,
      `a secret must not be in this file: write where it is, as "${file}", "${command}" or "${credential}"`,
    );
  }
  const path = table.line(file);
  const words = table.texts(command);
  const credentialName = table.line(credential);
  const references: SecretReference[] = [];
  if (path !== undefined) {
    if (!path.startsWith("/")) table.fail(file, "must be an absolute path");
    references.push({ kind: "file", path });
  }
  if (words !== undefined) {
    if (words.length === 0) table.fail(command, "must not be empty");
    const isLine = typeof table.value(command) === "string";
    references.push({ kind: "command", words: isLine ? ["/bin/sh", "-c", ...words] : words });
  }
  if (credentialName !== undefined) {
    if (!/^[A-Za-z0-9_.@-]+$/.test(credentialName) || /^\.+$/.test(credentialName)) {
      table.fail(credential, "must be the name of a credential, without a path");
    }
    references.push({ kind: "credential", name: credentialName });
  }
  if (references.length > 1) {
    table.fail(table.has(file) ? file : command, "only one place of a secret may be given");
  }
  return references[0];
}
