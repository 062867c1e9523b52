import { VERSION } from "../../../cli/version.ts";
import type { Component } from "./component.ts";

const RULE = "=".repeat(78);

/**
 * The notices that have to go with the executable: what is in it, under which licence, and the texts
 * that its licences want to be passed on. A text that several have alike is there once.
 *
 * @param ownLicence Licence of the program itself.
 */
export function licenceNotices(components: readonly Component[], ownLicence: string): string {
  const users = new Map<string, string[]>();
  for (const { name, version, texts } of components) {
    for (const text of texts) {
      const body = text.text.replaceAll("\r\n", "\n").trimEnd();
      users.set(body, [...users.get(body) ?? [], `${name} ${version}: ${text.name}`]);
    }
  }
  const list = components.map(({ name, version, licence, source }) =>
    `  ${name} ${version}: ${licence}${source === undefined ? "" : `\n      sources: ${source}`}`
  );
  const texts = [...users].map(([text, names]) =>
    `${RULE}\n${names.join("\n")}\n${RULE}\n\n${text}\n`
  );
  return `pbs-client ${VERSION} is under the Apache License 2.0, which is at the end.

The executable holds what is listed here, each part under its own licence. The libraries under the
GPL and LGPL are files of Debian packages; their sources are the Debian source packages that are
named here. They are unchanged but for the loader of the C library, in which
scripts/packing/close_loader.ts overwrites the names of the folders that it looks into. They lie as
files of their own in the folder that the executable unpacks into. With the sources of pbs-client,
scripts/pack makes an executable with other versions of them, and of the C library that the launcher
is linked with.

${list.join("\n")}

${texts.join("\n")}
${RULE}
pbs-client ${VERSION}: LICENSE
${RULE}

${ownLicence.trimEnd()}
`;
}
