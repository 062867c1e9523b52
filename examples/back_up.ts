// deno-lint-ignore-file no-console
// Backs up a folder into a datastore directory, which is made if it does not exist.

import { openRepository } from "../mod.ts";

const [store, folder] = Deno.args;
if (store === undefined || folder === undefined) throw new Error("usage: back_up.ts STORE FOLDER");

await using repository = await openRepository(store, { create: true });
const report = await repository.backup({ "folder.pxar": folder }, {
  id: "example",
  exclude: ["*.tmp"],
  onEvent(event) {
    if (event.kind === "message" && event.level !== "debug") console.error(event.text);
  },
});
const stored = report.archives.reduce(
  (sum, archive) => sum + (archive.addedBytes ?? archive.storedBytes),
  0,
);
console.log(`${report.files} files, ${stored} bytes stored in ${Math.ceil(report.durationMs)} ms`);
