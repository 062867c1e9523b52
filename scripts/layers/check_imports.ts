import { findCycles } from "./find_cycles.ts";
import { importsOf } from "./imports_of.ts";

const LAYERS = ["ffi", "lib", "cli", "page"];
/** What code in the browser may know of the program: types of requests and answers. */
const PAGE_TYPES = "lib/page/page_api.ts";

/** What is wrong with the imports of a tree, and how much was looked at. */
export interface ImportReport {
  readonly problems: readonly string[];
  readonly files: number;
  readonly rooms: number;
}

/** Where a file stands, by its path relative to the root. */
interface Place {
  /** `page`, `cli`, `lib`, `ffi`, or another folder of the root. */
  readonly layer: string;
  /** `lib/pxar`, or a folder below with a door of its own; outside `lib` the layer. */
  readonly room: string;
  /** The folder itself. */
  readonly folder: string;
}

function placeOf(path: string, doors: ReadonlySet<string>): Place {
  const folders = path.split("/").slice(0, -1);
  const [layer = ""] = folders;
  let depth = folders.length;
  while (depth > 2 && !doors.has(`${folders.slice(0, depth).join("/")}/mod.ts`)) depth--;
  return {
    layer,
    room: layer === "lib" ? folders.slice(0, depth).join("/") : layer,
    folder: folders.join("/"),
  };
}

/**
 * Looks for imports that point upwards (cli → lib → ffi) or enter a room of `lib` past its door, for
 * those by which the page in the browser takes more than types, and for circles between rooms, between
 * the folders of a room, and between files.
 *
 * @param sources Texts by path relative to the root, of all layers.
 * @param knownCycles Circles of files that are put up with, each its members in order. One that is
 * not there any more is a problem as well.
 */
export function checkImports(
  sources: ReadonlyMap<string, string>,
  knownCycles: readonly (readonly string[])[] = [],
): ImportReport {
  const problems: string[] = [];
  const doors = new Set([...sources.keys()].filter((path) => path.endsWith("/mod.ts")));
  const files = new Map<string, Set<string>>();
  const folders = new Map<string, Set<string>>();
  const rooms = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    const isTest = path.endsWith("_test.ts");
    const targets = (withExamples: boolean) =>
      importsOf(text, withExamples).map((specifier) => resolve(path, specifier));
    for (const target of targets(true)) {
      const fault = faultOf(path, target, doors);
      if (fault !== undefined) problems.push(`${path}: ${fault}: ${target}`);
    }
    if (isTest) continue;
    const from = placeOf(path, doors);
    for (const target of targets(false)) {
      const to = placeOf(target, doors);
      link(files, path, target);
      if (to.room !== from.room) link(rooms, from.room, to.room);
      if (to.room === from.room && from.layer === "lib" && to.folder !== from.folder) {
        link(folders, from.folder, to.folder);
      }
    }
  }
  for (const cycle of findCycles(rooms)) {
    problems.push(`rooms import each other in a circle: ${cycle.join(", ")}`);
  }
  for (const cycle of findCycles(folders)) {
    problems.push(`folders of a room import each other in a circle: ${cycle.join(", ")}`);
  }
  const known = new Set(knownCycles.map((members) => members.join(", ")));
  for (const cycle of findCycles(files)) {
    if (known.delete(cycle.join(", "))) continue;
    problems.push(`files import each other in a circle: ${cycle.join(", ")}`);
  }
  for (const members of known) {
    problems.push(`this circle of files is undone, take it off the list: ${members}`);
  }
  return {
    problems,
    files: sources.size,
    rooms: new Set([...sources.keys()].map((path) => placeOf(path, doors).room)).size,
  };
}

/** What is wrong with one import, if anything is. */
function faultOf(
  path: string,
  target: string,
  doors: ReadonlySet<string>,
): string | undefined {
  const isTest = path.endsWith("_test.ts");
  const [from, to] = [placeOf(path, doors), placeOf(target, doors)];
  const level = LAYERS.indexOf(to.layer);
  if (level > LAYERS.indexOf(from.layer)) return "imports upwards";
  if (level < 0 && !(isTest && to.layer === "tests")) return "imports from outside the layers";
  if (to.room === from.room) return undefined;
  if (from.layer === "page" && !isTest) {
    return target === PAGE_TYPES
      ? undefined
      : "is in the browser and has only the types of requests";
  }
  if (target.split("/").pop()!.startsWith("_")) return "imports a private file of another room";
  if (to.layer === "lib" && !target.endsWith("/mod.ts") && !isTest) {
    return "passes the door of another room";
  }
  const outer = to.room.slice(0, to.room.lastIndexOf("/"));
  if (outer.includes("/") && !isTest && !path.startsWith(`${outer}/`)) {
    return "enters a room within another room";
  }
  return undefined;
}

function resolve(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}

function link(graph: Map<string, Set<string>>, from: string, to: string): void {
  const targets = graph.get(from);
  if (targets === undefined) graph.set(from, new Set([to]));
  else targets.add(to);
}
