// deno-lint-ignore-file no-console
// Lists the files of the newest snapshot whose names contain a word.

import { openRepository, type StoredArchive } from "../mod.ts";

const [store, word] = Deno.args;
if (store === undefined || word === undefined) throw new Error("usage: find.ts STORE WORD");

await using repository = await openRepository(store);
const snapshot = await repository.snapshot("host/example/latest");
await using archive = snapshot.archive("folder.pxar");
await search(archive, "");

async function search(archive: StoredArchive, folder: string): Promise<void> {
  for (const { name, kind, sizeBytes, modified } of await archive.list(`${folder}/`)) {
    const path = `${folder}/${name}`;
    if (name.includes(word!)) console.log(`${modified.toISOString()} ${sizeBytes} ${path}`);
    if (kind === "directory") await search(archive, path);
  }
}
