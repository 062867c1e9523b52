import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import type { ArchiveSpec } from "./backup_request.ts";
import { checkArchiveSources } from "./check_archive_sources.ts";
import { parseArchiveSpec } from "./parse_archive_spec.ts";

const encoder = new TextEncoder();

function spec(text: string): ArchiveSpec {
  return parseArchiveSpec(encoder.encode(text));
}

function check(...texts: string[]): string[] {
  const lines: string[] = [];
  checkArchiveSources(texts.map(spec), (_level, line) => lines.push(line));
  return lines;
}

Deno.test("parseArchiveSpec() splits at the first colon and keeps the path's bytes", () => {
  fc.assert(fc.property(
    fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/),
    fc.constantFrom("pxar", "img", "conf", "log"),
    fc.uint8Array({ minLength: 1 }).filter((path) => !path.includes(0x0a)),
    (name, kind, path) => {
      const head = encoder.encode(`${name}.${kind}:`);
      const read = parseArchiveSpec(new Uint8Array([...head, ...path]));
      assertEquals(read, { name: `${name}.${kind}`, kind: kind as ArchiveSpec["kind"], path });
    },
  ));
});

Deno.test("parseArchiveSpec() refuses other forms", () => {
  const wrong = ["", "a.pxar", "a.pxar:", ".pxar:/", "a.b.pxar:/", "a.PXAR:/", "a.didx:/", "a:/"];
  for (const text of [...wrong, "a b.pxar:/", "ü.pxar:/", "a.pxar:/tmp\nx", "a.blob:/x"]) {
    assertThrows(() => spec(text), UsageError, "unable to parse backup specification", text);
  }
});

Deno.test("checkArchiveSources() wants of every kind the right type of source", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/file`, "x");
    await Deno.writeTextFile(`${folder}/empty`, "");
    await Deno.symlink(folder, `${folder}/link`);
    const status = await new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).output();
    assertEquals(status.success, true);

    check(`a.pxar:${folder}`, `b.pxar:${folder}/link`, `a.conf:${folder}/file`);
    check(`a.log:${folder}/empty`, `a.img:${folder}/file`, `b.img:${folder}/fifo`);

    const refused = (message: string, ...texts: string[]): void => {
      assertThrows(() => check(...texts), UsageError, message);
    };
    refused("expected directory", `a.pxar:${folder}/file`);
    refused("expected regular file", `a.conf:${folder}`);
    refused("expected regular file", `a.log:${folder}/fifo`);
    refused("got zero-sized file", `a.img:${folder}/empty`);
    refused("expected file, block device, or fifo", `a.img:${folder}`);
    refused("got target twice: 'a.img'", `a.img:${folder}/file`, `a.img:${folder}/file`);
    refused("got duplicate pipe", `a.img:${folder}/fifo`, `b.img:${folder}/fifo`);
    assertThrows(
      () => check(`a.pxar:${folder}/none`),
      NotFoundError,
      `unable to access '${folder}/none' - No such file or directory (os error 2)`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("checkArchiveSources() advises where a source looks like a misunderstanding", () => {
  const lines: string[] = [];
  const log = (_level: string, line: string): void => void lines.push(line);
  assertThrows(() => checkArchiveSources([spec("a.img:-")], log), NotFoundError);
  assertThrows(() => checkArchiveSources([spec("a.img:/dev/null")], log), UsageError);
  assertEquals(lines.length, 2);
  assertEquals(lines[0]!.includes("/dev/stdin"), true);
});

Deno.test("checkArchiveSources() reaches sources whose names are not UTF-8", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const name = new Uint8Array([0x66, 0xff]);
    // The runtime cannot name such a file: the shell makes it.
    const made = await new Deno.Command("sh", {
      args: ["-c", `printf x > "$(printf '${folder}/f\\377')"`],
    }).output();
    assertEquals(made.success, true);
    const path = new Uint8Array([...encoder.encode(`${folder}/`), ...name]);
    checkArchiveSources([{ name: "a.conf", kind: "conf", path }], () => {});
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
