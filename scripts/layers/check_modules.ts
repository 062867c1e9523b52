import { findCycles } from "./find_cycles.ts";

const SOURCE = /^native\/(\w+)\/src\/(\w+)[./]/;

/**
 * Looks for circles between the modules of each Rust crate. Parts of a module in a folder of its name
 * count as that module, and tests do not count: they use whatever they like.
 *
 * @param sources Texts by path relative to the root, `native/<crate>/src/<module>.rs`.
 * @param knownCycles Circles that are put up with, each its members `<crate>/<module>` in order. One
 * that is not there any more is a problem as well.
 */
export function checkModules(
  sources: ReadonlyMap<string, string>,
  knownCycles: readonly (readonly string[])[] = [],
): string[] {
  const graph = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const [, crate, module] = SOURCE.exec(path) ?? [];
    if (crate === undefined || module === undefined || module === "lib") continue;
    const name = `${crate}/${module}`;
    if (!graph.has(name)) graph.set(name, new Set());
    for (const used of modulesIn(text)) {
      if (used !== module) graph.get(name)!.add(`${crate}/${used}`);
    }
  }
  const known = new Set(knownCycles.map(String));
  const found = findCycles(graph);
  const problems = found.filter((cycle) => !known.has(String(cycle)))
    .map((cycle) => `modules use each other in a circle: ${cycle.join(", ")}`);
  for (const cycle of found) known.delete(String(cycle));
  for (const gone of known) problems.push(`no circle any more, take it off the list: ${gone}`);
  return problems;
}

/** Modules of the same crate that a source text uses outside of its tests. */
function modulesIn(text: string): string[] {
  const code = text.replace(/^#\[cfg\(test\)\]\nmod tests \{[^]*/m, "").replace(
    /^\s*\/\/.*$/gm,
    "",
  );
  const single = [...code.matchAll(/\bcrate::(\w+)/g)].map((match) => match[1]!);
  const grouped = [...code.matchAll(/\bcrate::\{([^;]*)\};/g)]
    .flatMap((match) => [...match[1]!.matchAll(/(?:^|,)\s*(\w+)/g)].map((name) => name[1]!));
  return [...single, ...grouped];
}
