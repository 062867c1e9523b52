// deno-lint-ignore-file no-console
// What a nightly job does: back up, remove old snapshots, verify what is there.

import { openRepository } from "../mod.ts";

const [store, folder] = Deno.args;
if (store === undefined || folder === undefined) throw new Error("usage: nightly.ts STORE FOLDER");

await using repository = await openRepository(store, { create: true });
const { snapshot } = await repository.backup({ "folder.pxar": folder }, { id: "example" });
const group = `${snapshot.type}/${snapshot.id}`;
const decisions = await repository.prune(group, { last: 3, daily: 7, weekly: 4, monthly: 12 });
console.log(`${decisions.filter(({ keep }) => keep).length} snapshots kept`);
if (!(await repository.verify(group, (line) => console.error(line)))) {
  console.error("some snapshots are damaged");
  Deno.exit(1);
}
const { used, total } = await repository.status();
console.log(`${Math.round(100 * used / total)} % of the space used`);
