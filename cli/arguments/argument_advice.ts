import type { Command } from "../command.ts";

type Parameters = Pick<Command, "options" | "positionals"> & Partial<Pick<Command, "name">>;

/** The order in which positionals are written, where one is missing. */
export function adviseOnMissing(command: Parameters): string {
  const order = command.positionals.map(({ name, required, repeatable }) => {
    const shown = `<${name}>${repeatable ? " …" : ""}`;
    return required ? shown : `[${shown}]`;
  }).join(" ");
  return `write ${[command.name, order].join(" ").trim()}`;
}

/** How many positionals there may be. */
export function adviseOnAdditional({ positionals }: Parameters): string {
  if (positionals.length === 0) return "it takes options only";
  const names = positionals.map(({ name }) => `<${name}>`).join(" ");
  return `it takes ${names} and options; quote a word that has blanks in it`;
}
