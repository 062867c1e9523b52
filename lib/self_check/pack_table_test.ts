import { assertEquals, assertThrows } from "@std/assert";
import { CorruptDataError } from "../errors/mod.ts";
import { parsePackTable } from "./pack_table.ts";

const DIGEST = "0123456789abcdef".repeat(4);
const LINES = [
  "version 1.2.3",
  `frame 1000 20 30 ${DIGEST}`,
  `frame 1020 5 12 ${DIGEST}`,
  `file 40 x ${DIGEST} deno`,
  `file 2 - ${DIGEST} program/a name.js`,
  `file 0 m ${DIGEST} memory.js`,
];

Deno.test("parsePackTable() reads version, frames and files", () => {
  assertEquals(parsePackTable(`${LINES.join("\n")}\n`), {
    version: "1.2.3",
    frames: [
      { offset: 1000, length: 20, size: 30, digest: DIGEST },
      { offset: 1020, length: 5, size: 12, digest: DIGEST },
    ],
    files: [
      { path: "deno", size: 40, isExecutable: true, isForMemory: false, digest: DIGEST },
      {
        path: "program/a name.js",
        size: 2,
        isExecutable: false,
        isForMemory: false,
        digest: DIGEST,
      },
      { path: "memory.js", size: 0, isExecutable: false, isForMemory: true, digest: DIGEST },
    ],
  });
});

Deno.test("parsePackTable() refuses what no pack has", () => {
  const refused = [
    [],
    LINES.slice(1),
    [...LINES, "version 1"],
    // Frames hold more, or less, than the files take.
    LINES.slice(0, 4),
    [...LINES, `file 1 - ${DIGEST} more`],
    ...["../up", "/etc/passwd", "a//b", ".", ""].map((path) => [
      ...LINES.slice(0, 3),
      `file 42 - ${DIGEST} ${path}`,
    ]),
    [...LINES.slice(0, 3), `file 42 y ${DIGEST} deno`],
    [...LINES.slice(0, 3), `file 42 x ${DIGEST.slice(1)} deno`],
    [...LINES.slice(0, 3), `file 4.2e1 x ${DIGEST} deno`],
    [...LINES, ""],
    [...LINES, `frame 1 2 0 ${DIGEST} more`],
  ];
  for (const lines of refused) {
    assertThrows(() => parsePackTable(`${lines.join("\n")}\nend`), CorruptDataError);
    if (lines.at(-1) !== "") {
      assertThrows(() => parsePackTable(`${lines.join("\n")}\n`), CorruptDataError);
    }
  }
});
