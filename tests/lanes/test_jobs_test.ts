import { assertEquals, assertThrows } from "@std/assert";
import { testJobs, type TestTree } from "../../scripts/lanes/test_jobs.ts";

const DENO = Deno.execPath();
const root = new URL("../../", import.meta.url);

function treeOf(folder: string, tree: { testFiles: string[]; testFolders: string[] }): TestTree {
  tree.testFolders.push(folder);
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) treeOf(`${folder}/${name}`, tree);
    else if (name.endsWith("_test.ts")) tree.testFiles.push(`${folder}/${name}`);
  }
  return { ...tree, rooms: ["lib/a", "lib/b", "lib/c", "lib/d", "lib/e"] };
}

Deno.test("every test file is in exactly one job", () => {
  const tree = treeOf("tests", { testFiles: [], testFolders: [] });
  const jobs = testJobs(DENO, tree).map(({ command }) => {
    const paths = command.filter((word) => /^(?:tests|lib|mod|ffi|cli|page)\b/.test(word));
    const ignored = command.filter((word) => word.startsWith("--ignore="))
      .map((word) => word.slice("--ignore=".length));
    return { paths, ignored };
  });
  const isIn = (file: string, paths: readonly string[]) =>
    paths.some((path) => file === path || file.startsWith(`${path}/`));
  for (const file of [...tree.testFiles, ...tree.rooms.map((room) => `${room}/x_test.ts`)]) {
    const runs = jobs.filter(({ paths, ignored }) => isIn(file, paths) && !isIn(file, ignored));
    assertEquals(runs.length, 1, file);
  }
});

Deno.test("a list of long tests that names one that is gone is refused", () => {
  const tree = { testFiles: ["tests/a_test.ts"], testFolders: ["tests"], rooms: [] };
  assertThrows(() => testJobs(DENO, tree), Error, "no longer there: tests/");
});
