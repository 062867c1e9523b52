/** Who imports whom; what is imported may be missing as a key. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The circles of a graph: each a sorted list of members that all reach each other, the circles sorted
 * by their first member (strongly connected components, by Tarjan's way).
 */
export function findCycles(graph: ImportGraph): string[][] {
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];

  function visit(node: string): void {
    const number = numbers.size;
    numbers.set(node, number);
    lowest.set(node, number);
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!numbers.has(next)) visit(next);
      if (!open.includes(next)) continue;
      lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!));
    }
    if (lowest.get(node) !== number) return;
    const members = open.splice(open.indexOf(node)).sort();
    if (members.length > 1 || graph.get(node)?.has(node)) cycles.push(members);
  }

  for (const node of graph.keys()) if (!numbers.has(node)) visit(node);
  return cycles.sort((a, b) => a[0]! < b[0]! ? -1 : 1);
}
