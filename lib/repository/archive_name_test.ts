import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { archiveKind, parseArchiveName, splitArchiveNames } from "./archive_name.ts";

Deno.test("parseArchiveName() maps client names to server names and kinds", () => {
  const names: [string, string, string][] = [
    ["root.pxar", "root.pxar.didx", "dynamic"],
    ["root.mpxar", "root.mpxar.didx", "dynamic"],
    ["root.ppxar", "root.ppxar.didx", "dynamic"],
    ["catalog.pcat1", "catalog.pcat1.didx", "dynamic"],
    ["drive-scsi0.img", "drive-scsi0.img.fidx", "fixed"],
    ["fw.conf", "fw.conf.blob", "blob"],
    ["index.json", "index.json.blob", "blob"],
    ["rsa-encrypted.key", "rsa-encrypted.key.blob", "blob"],
    ["client.log", "client.log.blob", "blob"],
    ["a.b.pxar", "a.b.pxar.didx", "dynamic"],
  ];
  for (const [clientName, serverName, kind] of names) {
    assertEquals(parseArchiveName(clientName) as unknown, { clientName, serverName, kind });
    assertEquals(parseArchiveName(serverName) as unknown, { clientName, serverName, kind });
    assertEquals(archiveKind(serverName) as string, kind);
    assertEquals(archiveKind(clientName), undefined);
  }
});

Deno.test("parseArchiveName() refuses names whose type is unknown", () => {
  for (const name of ["", "root", "root.tar", "root.pxar.", "didx", "a.PXAR", "a.constructor"]) {
    assertThrows(() => parseArchiveName(name), UsageError, `archive "${name}"`);
    assertEquals(archiveKind(name), undefined);
  }
});

Deno.test("splitArchiveNames() finds both halves from either or from the whole", () => {
  const halves = { metadata: "root.mpxar.didx", payload: "root.ppxar.didx" };
  for (const name of ["root.pxar.didx", "root.mpxar.didx", "root.ppxar.didx"]) {
    assertEquals(splitArchiveNames(name), halves);
  }
  for (const name of ["root.pxar", "rootpxar.didx", "catalog.pcat1.didx", "a.xpxar.didx"]) {
    assertEquals(splitArchiveNames(name), undefined);
  }
});
