import { concatBytes } from "../../../lib/bytes/mod.ts";
import { Turns } from "../../../lib/chunking/mod.ts";
import type { NamesPart, NameVisit } from "../../../lib/shell/mod.ts";
import { bytesToJson } from "../bytes_to_json.ts";
import { JsonObjectWriter } from "../json_object_writer.ts";
import type { Output, OutputFormat } from "../output.ts";
import { DumpLines } from "./dump_lines.ts";

/** Lines are written in portions of about this many characters. */
const PORTION_LENGTH = 64 * 1024;

/**
 * Prints all entries while they are read: as log lines, which is where the official client has them,
 * or as JSON on the standard output.
 */
export async function printDump(
  parts: AsyncIterable<NamesPart>,
  output: Output,
  format: OutputFormat,
): Promise<void> {
  if (format === "text") await printLines(parts, output);
  else await printJson(parts, output, format === "json-pretty");
}

async function printLines(parts: AsyncIterable<NamesPart>, output: Output): Promise<void> {
  const turns = new Turns();
  const portion: string[] = [];
  let length = 0;
  const add = (line: string) => {
    portion.push(line);
    length += line.length;
    if (length >= PORTION_LENGTH) flush();
  };
  const flush = () => {
    if (portion.length > 0) output.log("info", portion.splice(0).join("\n"));
    length = 0;
  };
  try {
    for await (const { archive, showsArchive, names } of parts) {
      const lines = new DumpLines(archive);
      if (archive !== undefined && showsArchive) add(lines.ofArchive());
      for await (const visit of names.walk(() => true)) {
        add(lines.of(visit));
        await turns.give();
      }
    }
  } finally {
    // Entries before damage are listed as well.
    flush();
  }
}

async function printJson(
  parts: AsyncIterable<NamesPart>,
  output: Output,
  isPretty: boolean,
): Promise<void> {
  const turns = new Turns();
  const writer = new JsonObjectWriter(output, isPretty);
  writer.beginList("entries");
  for await (const { archive, names } of parts) {
    for await (const visit of names.walk(() => true)) {
      writer.item(visitToJson(visit, archive));
      await turns.give();
    }
  }
  writer.endList();
  writer.end();
}

/** An entry; of a catalog, which begins with the archives, that of an archive has the path `/`. */
function visitToJson({ entry, path }: NameVisit, archive: string | undefined): unknown {
  const names = archive === undefined ? path.slice(1) : path;
  const { type, size, mtimeSecs } = entry;
  return {
    archive: archive ?? new TextDecoder().decode(path[0]),
    ...bytesToJson("path", joined(names)),
    type,
    ...(type === "f" ? { size, mtime: mtimeSecs } : {}),
  };
}

const SLASH = Uint8Array.of(0x2f);

function joined(names: readonly Uint8Array[]): Uint8Array {
  return names.length === 0 ? SLASH : concatBytes(names.flatMap((name) => [SLASH, name]));
}
