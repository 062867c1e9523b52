import { assert, assertEquals } from "@std/assert";
import {
  NewMasterKey,
  paperKeyToHtml,
  paperKeyToText,
  parseKeyFile,
  readPaperKey,
} from "../../lib/crypto/mod.ts";
import vectors from "../vectors/format-vectors.json" with { type: "json" };
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

type Modules = boolean[][];

const QUIET_ZONE = 4;
const PIXELS_PER_MODULE = 4;

/** A picture of a code as a printer makes it, in the simplest format there is. */
function toPgm(modules: Modules): Uint8Array {
  const side = (modules.length + 2 * QUIET_ZONE) * PIXELS_PER_MODULE;
  const header = new TextEncoder().encode(`P5 ${side} ${side} 255\n`);
  const pgm = new Uint8Array(header.length + side * side).fill(255);
  pgm.set(header);
  const at = (pixel: number) => Math.floor(pixel / PIXELS_PER_MODULE) - QUIET_ZONE;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (modules[at(y)]?.[at(x)]) pgm[header.length + y * side + x] = 0;
    }
  }
  return pgm;
}

/** What an independent decoder reads in codes. */
async function decode(codes: readonly Modules[]): Promise<string[]> {
  await using folder = await TempDir.make();
  const texts: string[] = [];
  for (const [index, modules] of codes.entries()) {
    const path = `${folder.path}/${index}.pgm`;
    await Deno.writeFile(path, toPgm(modules));
    const { success, stdout, stderr } = await new Deno.Command("zbarimg", {
      // Only these codes: now and then some of their modules look like a bar code.
      args: ["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path],
    }).output();
    assert(success, `code ${index}: ${new TextDecoder().decode(stderr)}`);
    texts.push(new TextDecoder().decode(stdout).replace(/\n$/, ""));
  }
  return texts;
}

/** The codes of a text form: lines of nothing but half blocks. */
function codesInText(text: string): Modules[] {
  return (text.match(/(?:^[▀▄█ ]{20,}\n)+/gm) ?? []).map((code) => {
    const rows = code.trimEnd().split("\n").flatMap((line) => [
      [...line].map((block) => "▀█".includes(block)),
      [...line].map((block) => "▄█".includes(block)),
    ]);
    // Of an odd number of rows the last half line is empty.
    return rows.slice(0, rows[0]!.length);
  });
}

/** The codes of a page. */
function codesInPage(page: string): Modules[] {
  return [...page.matchAll(/base64,([^"]*)"/g)].map(([, data]) => {
    const svg = new TextDecoder().decode(
      Uint8Array.fromBase64(data!.padEnd(Math.ceil(data!.length / 4) * 4, "=")),
    );
    const size = Number(/viewBox="0 0 (\d+) /.exec(svg)![1]);
    const rows = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
    for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
      rows[Number(y)]!.fill(true, Number(x), Number(x) + Number(width));
    }
    return rows;
  });
}

testWithPeers(
  "the codes of a paper key are read by a decoder and give the key file back",
  ["zbarimg"],
  async () => {
    for (const { file_text } of vectors.key_files) {
      const paper = readPaperKey(file_text, () => 0);
      const codes = [
        ...codesInText(await paperKeyToText(paper)),
        ...codesInPage(await paperKeyToHtml(paper, "subject")),
      ];
      assertEquals(codes.length, 2);
      for (const text of await decode(codes)) {
        assertEquals(text, paper.lines.join("\n"));
        assertEquals(parseKeyFile(text), parseKeyFile(file_text));
      }
    }
  },
);

testWithPeers(
  "the codes of a master key are read by a decoder and give all its lines back",
  ["zbarimg"],
  async () => {
    const pem = (await NewMasterKey.generate(4096)).protect("correct horse");
    const paper = readPaperKey(pem);
    const onText = await decode(codesInText(await paperKeyToText(paper)));
    assertEquals(onText.length, Math.ceil(paper.lines.length / 5));
    assertEquals(`${onText.join("\n")}\n`, pem);
    const onPage = await decode(codesInPage(await paperKeyToHtml(paper)));
    assertEquals(onPage.length, Math.ceil(paper.lines.length / 20));
    assertEquals(`${onPage.join("\n")}\n`, pem);
  },
);
