import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";

/** `unmap` (spec: cli.md §4.12). */
export const command: CommandDefinition = {
  description:
    "End the mapping of an image, or list all mappings and clear away what dead ones left.",
  positionals: [{
    name: "name",
    type: { kind: "string" },
    completion: "mapping",
    description: "Block device or its number, file, or name as listed, or the end of one.",
  }],
  options: [],
  output: "none",
  run: unmapImage,
};

async function unmapImage(values: CommandValues, { output }: CommandContext): Promise<void> {
  const { Mappings } = await import("../../lib/mapping/mod.ts");
  const mappings = new Mappings();
  const text = values.text("name");
  if (text !== undefined) return await mappings.end(await mappings.find(text));
  const log = (line: string) => output.log("info", line);
  for (const name of await mappings.clean()) log(`Cleared away what was left of '${name}'`);
  const all = await mappings.list();
  for (const { name, device, file, isFile } of all) {
    const shown = isFile
      ? file
      : device === undefined
      ? "(unmapped)"
      : mappings.loops.pathOf(device);
    log(`${shown}:\t${name}`);
  }
  if (all.length === 0) log("Nothing mapped.");
}
