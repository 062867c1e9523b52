// Writes docs/internals/command-table.md anew from the command table and the records of the official client.
// Reasons that are in it stay; where one is missing a question mark stands for it.
import { fromFileUrl } from "@std/path";

import { commandDocument, remarksOf } from "../tests/support/command_document.ts";

const path = fromFileUrl(new URL("../docs/internals/command-table.md", import.meta.url));
const old = await Deno.readTextFile(path).catch((error) => {
  if (error instanceof Deno.errors.NotFound) return "";
  throw error;
});
await Deno.writeTextFile(path, commandDocument(remarksOf(old)));
const format = new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] });
Deno.exit((await format.spawn().status).code);
