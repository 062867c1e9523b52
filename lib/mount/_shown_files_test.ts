import { assertEquals } from "@std/assert";
import { ShownFiles } from "./_shown_files.ts";

function positions(files: ShownFiles, folder: number): number[] {
  const all: number[] = [];
  for (let file; (file = files.take(folder)) !== undefined;) all.push(file.position);
  return all;
}

Deno.test("files are found and taken in the order in which their folder showed them", () => {
  const files = new ShownFiles();
  for (const at of [10, 20, 30]) files.add(100, at, at + 5, 1);
  for (const at of [110, 120]) files.add(200, at, at + 5, 1);
  assertEquals(files.find(20), { folder: 100, index: 1 });
  assertEquals(files.find(110), { folder: 200, index: 0 });
  assertEquals(files.find(15), undefined);
  assertEquals(files.take(100), { position: 10, content: 15, size: 1 });
  files.goTo(100, 2);
  assertEquals([files.next(100), files.next(200), files.next(300)], [2, 0, 0]);
  assertEquals([positions(files, 100), positions(files, 200), positions(files, 300)], [
    [30],
    [110, 120],
    [],
  ]);
});

Deno.test("a folder that is listed again begins anew", () => {
  const files = new ShownFiles();
  for (const at of [10, 20, 10, 20, 30]) files.add(100, at, at, 1);
  assertEquals([files.noteRead(100, 2), files.noteRead(100, 0)], [-1, 2]);
  assertEquals(positions(files, 100), [10, 20, 30]);
});

Deno.test("what is remembered is bounded: of many folders the last ones, of a large one its front", () => {
  const files = new ShownFiles();
  for (let folder = 1; folder <= 2000; folder++) files.add(folder * 10, folder * 10 - 5, 0, 1);
  assertEquals(files.find(5), undefined);
  assertEquals(files.find(19_995), { folder: 20_000, index: 0 });
  for (let at = 0; at < 300_000; at++) files.add(1e9, 100_000 + at, 0, 1);
  assertEquals(files.find(100_000), { folder: 1e9, index: 0 });
  assertEquals(files.find(399_999), undefined);
  assertEquals(files.find(19_995), undefined);
});
