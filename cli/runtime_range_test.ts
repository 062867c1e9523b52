import { assertEquals } from "@std/assert";
import { NEWEST_TRIED_RUNTIME, OLDEST_RUNTIME, runtimeProblem } from "./runtime_range.ts";

Deno.test("versions within the range have no problem, whatever follows their numbers", () => {
  for (
    const version of [
      OLDEST_RUNTIME,
      NEWEST_TRIED_RUNTIME,
      "2.10.0",
      "2.9.0-rc.1",
      "2.8.3+0a1b2c3",
      Deno.version.deno,
    ]
  ) {
    assertEquals(runtimeProblem(version), undefined, version);
  }
});

Deno.test("a version out of the range is named, with the range and the way out", () => {
  for (
    const version of ["1.46.3", "2.0.6", "2.7.14", "2.8.0", "2.8", "3.0.0", "10.8.0", "unknown"]
  ) {
    assertEquals(
      runtimeProblem(version),
      `pbs-client runs on Deno 2.8.1 or later of version 2, and this is Deno ${version}: ` +
        "use Deno 2.9.8, or scripts/pbs-client of a clone, which brings its own",
    );
  }
});
