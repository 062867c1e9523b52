import { assertEquals } from "@std/assert";
import type { PageEntry } from "../../lib/page/page_api.ts";
import { moveInTree } from "./move_in_tree.ts";
import { PAGE_ENTRIES, TreeModel } from "./tree_model.ts";

/** A tree of names: a folder holds names, a file nothing. */
interface Names {
  readonly [name: string]: Names | null;
}

const keyOf = (name: string) => btoa(name).replaceAll("=", "");

/** A model of a tree, and the requests it sent: path and offset. */
function modelOf(tree: Names) {
  const asked: string[] = [];
  const folderAt = (path: string) =>
    path === "" ? tree : path.split("/").reduce<Names>((at, key) => at[atob(key)]!, tree);
  const model = new TreeModel((path, offset, limit) => {
    asked.push(`${path.split("/").map(atob).join("/")} ${offset}`);
    const names = Object.keys(folderAt(path)).sort();
    const entries = names.slice(offset, offset + limit).map((name): PageEntry => ({
      key: keyOf(name),
      name,
      kind: folderAt(path)[name] === null ? "file" : "directory",
      modified: 0,
      mode: 0,
      uid: 0,
      gid: 0,
    }));
    return Promise.resolve({ total: names.length, offset, entries });
  }, () => {});
  return { model, asked };
}

/** Names of all rows, each behind as many dots as its level. */
function rowsOf(model: TreeModel): string[] {
  return Array.from({ length: model.rows }, (_, place) => {
    const { folder, entry } = model.rowAt(place);
    return ".".repeat(folder.level) + (entry?.name ?? "?");
  });
}

const many = Object.fromEntries(
  Array.from({ length: 100_000 }, (_, index) => [`f${String(index).padStart(6, "0")}`, null]),
);

Deno.test("open folders have their entries below them", async () => {
  const { model } = modelOf({ a: { x: null, y: { z: null } }, b: {}, c: null });
  await model.fetch(model.top, 0);
  assertEquals(rowsOf(model), ["a", "b", "c"]);
  const a = await model.open(model.top, 0);
  await model.open(model.top, 1);
  const y = await model.open(a!, 1);
  assertEquals(rowsOf(model), ["a", ".x", ".y", "..z", "b", "c"]);
  assertEquals(model.placeOf(y!, 0), 3);
  assertEquals(model.placeOf(model.top, 2), 5);
  model.close(model.top, 0);
  assertEquals(rowsOf(model), ["a", "b", "c"]);
});

Deno.test("of a folder of 100,000 entries only what is looked at is asked for", async () => {
  const { model, asked } = modelOf({ many });
  await model.fetch(model.top, 0);
  const folder = await model.open(model.top, 0);
  assertEquals(model.rows, 100_001);
  await model.fetch(folder!, 70_123);
  assertEquals(model.rowAt(70_124).entry?.name, "f070123");
  assertEquals(asked.length, 3);
});

Deno.test("an entry is found by few requests, wherever it is", async () => {
  const { model, asked } = modelOf({ many });
  const found = await model.reveal(`${keyOf("many")}/${keyOf("f099999")}`);
  assertEquals([found?.index, found?.folder.level], [99_999, 1]);
  assertEquals(asked.length <= 2 + Math.ceil(Math.log2(100_000 / PAGE_ENTRIES)), true);
  assertEquals(await model.reveal(`${keyOf("many")}/${keyOf("g")}`), undefined);
  assertEquals(await model.reveal(`${keyOf("many")}/${keyOf("f000001")}/${keyOf("x")}`), undefined);
});

Deno.test("a folder that cannot be had says why, and can be asked for again", async () => {
  let isWell = false;
  const model = new TreeModel(() => {
    if (!isWell) return Promise.reject(new Error("the chunk is damaged"));
    return Promise.resolve({ total: 0, offset: 0, entries: [] });
  }, () => {});
  await model.fetch(model.top, 0);
  assertEquals([model.rows, model.rowAt(0).folder.problem], [1, "the chunk is damaged"]);
  isWell = true;
  await model.fetch(model.top, 0);
  assertEquals([model.rows, model.top.problem], [0, undefined]);
});

Deno.test("keys move in the tree as in all trees", async () => {
  const { model } = modelOf({ a: { x: null }, b: null, c: null });
  await model.fetch(model.top, 0);
  const press = (key: string, place: number) => moveInTree(model, { key, place, page: 10 });
  assertEquals(press("ArrowRight", 0)?.toggle?.index, 0);
  await model.open(model.top, 0);
  assertEquals(press("ArrowRight", 0)?.place, 1);
  assertEquals(press("ArrowLeft", 1)?.place, 0);
  assertEquals(press("ArrowLeft", 0)?.toggle?.index, 0);
  assertEquals(press("ArrowUp", 0)?.place, 0);
  assertEquals(press("End", 0)?.place, 3);
  assertEquals(press("PageDown", 0)?.place, 3);
  assertEquals(press("c", 0)?.place, 3);
  assertEquals(press("Enter", 2)?.choose?.entry?.name, "b");
  assertEquals(press("?", 0), undefined);
  assertEquals(press("F5", 0), undefined);
});
