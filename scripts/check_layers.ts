// deno-lint-ignore-file no-console
// Fails on an import that points upwards (cli → lib → ffi), on one that enters a room of lib past its
// door (`_` files), and on a cycle between rooms.

const LAYERS = ["ffi", "lib", "cli"];
const root = new URL("../", import.meta.url);

/** The layer and room of a path relative to the root, e.g. `lib` and `lib/pxar`. */
function locate(path: string): { layer: string; room: string } {
  const [layer = "", room = ""] = path.split("/");
  return { layer, room: layer === "lib" && path.split("/").length > 2 ? `lib/${room}` : layer };
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

const problems: string[] = [];
const rooms = new Map<string, Map<string, string>>();

for (const top of LAYERS) {
  for await (const path of sources(top)) {
    const from = locate(path);
    const text = await Deno.readTextFile(new URL(path, root));
    for (const match of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      const target = new URL(match[1]!, new URL(path, root)).pathname.slice(root.pathname.length);
      const to = locate(target);
      const isTest = path.endsWith("_test.ts");
      if (LAYERS.indexOf(to.layer) > LAYERS.indexOf(from.layer)) {
        problems.push(`${path}: imports upwards: ${target}`);
      }
      if (LAYERS.indexOf(to.layer) < 0 && !(isTest && to.layer === "tests")) {
        problems.push(`${path}: imports from outside the layers: ${target}`);
      }
      if (to.room !== from.room && target.split("/").pop()!.startsWith("_")) {
        problems.push(`${path}: imports a private file of another room: ${target}`);
      }
      if (to.room !== from.room && to.layer === "lib" && !target.endsWith("/mod.ts") && !isTest) {
        problems.push(`${path}: passes the door of another room: ${target}`);
      }
      if (to.room !== from.room && !isTest) {
        if (!rooms.has(from.room)) rooms.set(from.room, new Map());
        rooms.get(from.room)!.set(to.room, path);
      }
    }
  }
}

const finished = new Set<string>();
function visit(room: string, trail: string[]): void {
  if (trail.includes(room)) {
    const cycle = [...trail.slice(trail.indexOf(room)), room];
    problems.push(`rooms import each other in a circle: ${cycle.join(" -> ")}`);
    return;
  }
  if (finished.has(room)) return;
  for (const next of rooms.get(room)?.keys() ?? []) visit(next, [...trail, room]);
  finished.add(room);
}
for (const room of rooms.keys()) visit(room, []);

for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);
console.error(`layers: ${rooms.size} rooms, no upward import, no cycle`);
