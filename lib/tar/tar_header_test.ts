import { assertEquals } from "@std/assert";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { concatBytes } from "../bytes/mod.ts";
import { tarEnd, type TarEntry, tarHeader, tarPadding } from "./tar_header.ts";

const text = (value: string) => new TextEncoder().encode(value);
const PLAIN: TarEntry = {
  path: text("a"),
  type: "0",
  mode: 0o644,
  uid: 1,
  gid: 2,
  size: 0,
  mtimeSecs: 1600000000,
};

/** The entries that Python reads from a tar file. */
async function read(...parts: Uint8Array[]): Promise<unknown[]> {
  const script = "import io, json, sys, tarfile\n" +
    "print(json.dumps([[m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.size, m.mtime, " +
    "m.linkname, m.devmajor, m.devminor] for m in tarfile.open(fileobj=io.BytesIO(" +
    "sys.stdin.buffer.read()), errors='backslashreplace')]))";
  const child = new Deno.Command("python3", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(concatBytes(parts));
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await child.output()).stdout));
}

testWithPeers("headers of all kinds of entries are read by others", ["python3"], async () => {
  const parts = [
    tarHeader({ ...PLAIN, size: 3 }),
    text("abc"),
    tarPadding(3),
    tarHeader({ ...PLAIN, path: text("d"), type: "5", mode: 0o1777 }),
    tarHeader({ ...PLAIN, path: text("l"), type: "2", target: text("a") }),
    tarHeader({ ...PLAIN, path: text("n"), type: "3", major: 1, minor: 3 }),
    tarHeader({ ...PLAIN, path: text("p"), type: "6" }),
    tarEnd(),
  ];
  assertEquals(await read(...parts), [
    ["a", "0", "0o644", 1, 2, 3, 1600000000, "", 0, 0],
    ["d", "5", "0o1777", 1, 2, 0, 1600000000, "", 0, 0],
    ["l", "2", "0o644", 1, 2, 0, 1600000000, "a", 0, 0],
    ["n", "3", "0o644", 1, 2, 0, 1600000000, "", 1, 3],
    ["p", "6", "0o644", 1, 2, 0, 1600000000, "", 0, 0],
  ]);
  assertEquals([tarPadding(0).length, tarPadding(512).length, tarPadding(1).length], [0, 0, 511]);
});

testWithPeers(
  "what the old header has no room for goes into an extended one",
  ["python3"],
  async () => {
    // Lengths around which the length of the record's own length changes.
    for (const length of [100, 101, 988, 989, 990, 991, 992, 9986, 9987]) {
      const path = "x".repeat(length);
      const [entry] = await read(tarHeader({ ...PLAIN, path: text(path) }), tarEnd());
      assertEquals((entry as unknown[])[0], path);
    }
    const odd = {
      ...PLAIN,
      type: "2" as const,
      target: text("y".repeat(200)),
      uid: 4_000_000_000,
      mtimeSecs: -5,
    };
    const [entry] = await read(tarHeader(odd), tarEnd()) as [unknown[]];
    assertEquals([entry[3], entry[6], entry[7]], [4_000_000_000, -5, "y".repeat(200)]);
  },
);

testWithPeers("times keep their nanoseconds, also those before 1970", ["python3"], async () => {
  const times = [[5, 1], [0, 999_999_999], [-1, 999_999_999], [-2, 500_000_000], [-5, 0]] as const;
  for (const [mtimeSecs, mtimeNanos] of times) {
    const [entry] = await read(tarHeader({ ...PLAIN, mtimeSecs, mtimeNanos }), tarEnd());
    assertEquals((entry as unknown[])[6], Number((mtimeSecs + mtimeNanos / 1e9).toFixed(9)));
  }
});
