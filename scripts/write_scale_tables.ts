// Writes the tables of docs/internals/scale.md anew from what scripts/scale/assumptions.ts says.
import { fromFileUrl } from "@std/path";
import { withTables } from "./scale/tables.ts";

const path = fromFileUrl(new URL("../docs/internals/scale.md", import.meta.url));
await Deno.writeTextFile(path, withTables(await Deno.readTextFile(path)));
const format = new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", path] });
Deno.exit((await format.spawn().status).code);
