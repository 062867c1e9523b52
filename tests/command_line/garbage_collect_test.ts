import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { setFileTimes } from "../../ffi/posix_files.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { fakeRepository, fakeTasks, runInProcess } from "../support/cli_in_process.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

Deno.test("`garbage-collect --cutoff 0` frees a directory at once, no cutoff waits a day", () =>
  withLocalRepository(async (repository) => {
    const { datastore } = repository;
    const chunk = await makeChunk(1, 1000);
    await writeSnapshot(repository, { type: "host", id: "gone", time: 1700000000 }, [chunk]);
    await repository.forgetGroup("", { type: "host", id: "gone" });
    const name = encodeHex(chunk.digest);
    const hourAgo = Math.floor(Date.now() / 1000) - 3600;
    setFileTimes(`${datastore.path}/.chunks/${name.slice(0, 4)}/${name}`, hourAgo, hourAgo);
    const collect = async (...options: string[]) => {
      const words = ["garbage-collect", "--repository", datastore.path, ...options];
      const { code, stdout } = await runInProcess(words, {});
      assertEquals(code, 0);
      assert(stdout.endsWith("TASK OK\n"), stdout);
      return datastore.chunks.stat(chunk.digest) !== undefined;
    };
    assertEquals(await collect(), true);
    assertEquals(await collect("--cutoff", "2h"), true);
    assertEquals(await collect("--cutoff", "0"), false);
  }));

Deno.test("`garbage-collect --cutoff` is refused for a server, and for what is no time", async () => {
  const repository = fakeRepository({
    displayName: "server",
    tasks: fakeTasks({}),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const repositories = { open: () => Promise.resolve(repository) };
  const run = (cutoff: string) =>
    runInProcess(
      ["garbage-collect", "--repository", "host:store", "--cutoff", cutoff],
      {},
      repositories,
    );
  const refused = await run("0");
  assertEquals([refused.code, refused.stdout], [255, ""]);
  assertStringIncludes(refused.stderr, "a server decides itself how old garbage must be");
  assertStringIncludes((await run("soon")).stderr, "cutoff");
});
