import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CorruptDataError } from "../errors/mod.ts";
import { piecewise, readSequentially } from "../../tests/support/pxar_read.ts";
import { readVectorArchive } from "../../tests/support/pxar_vectors.ts";
import { decodeArchive } from "./decode_archive.ts";
import { PayloadDecoder } from "./payload_decoder.ts";

// padding-v2: contents of 4, 5, 3 and 2 bytes at 16, 46, 72 and 136, padding between them.
const { archive, payload } = readVectorArchive("padding-v2");
const stream = payload!;

function read(decoder: PayloadDecoder, piece: Uint8Array): string {
  let text = "";
  for (let event = decoder.next(); event !== "done"; event = decoder.next()) {
    if (event === "need-input") return `${text}…`;
    const { dataStart, dataLength } = decoder;
    text += new TextDecoder().decode(piece.subarray(dataStart, dataStart + dataLength));
  }
  return text;
}

Deno.test("PayloadDecoder skips padding and contents nobody asked for", () => {
  const decoder = new PayloadDecoder();
  decoder.feed(stream);
  decoder.request(46, 5);
  assertEquals(read(decoder, stream), "BBBBB");
  decoder.request(136, 2);
  assertEquals(read(decoder, stream), "DD");
  assertEquals(decoder.next(), "done");
});

Deno.test("PayloadDecoder drops the rest of an earlier request", () => {
  const decoder = new PayloadDecoder();
  const piece = stream.subarray(0, 64);
  decoder.feed(piece);
  decoder.request(46, 5);
  assertEquals(read(decoder, piece), "BB…");
  decoder.request(72, 3);
  decoder.feed(stream.subarray(64, 80));
  assertEquals(decoder.next(), "need-input"); // half of the header is there
  decoder.request(136, 2);
  decoder.feed(stream.subarray(80));
  assertEquals(read(decoder, stream.subarray(80)), "DD");
});

Deno.test("PayloadDecoder says from where on it needs the stream and goes on there", () => {
  const decoder = new PayloadDecoder();
  decoder.request(72, 3);
  assertEquals(decoder.wantedPosition, 0); // the start marker is checked first
  decoder.feed(stream.subarray(0, 20));
  assertEquals(decoder.next(), "need-input");
  assertEquals(decoder.wantedPosition, 72);
  assertThrows(() => decoder.feed(stream.subarray(73), 73), Error, "does not help");
  const piece = stream.subarray(70, 80);
  decoder.feed(piece, 70);
  assertEquals(decoder.next(), "need-input");
  assertEquals(decoder.wantedPosition, 80); // in the middle of a header
  decoder.feed(stream.subarray(80));
  assertEquals(read(decoder, stream.subarray(80)), "CCC");
});

Deno.test("PayloadDecoder refuses to go back, and contents that are not there", () => {
  const fed = () => {
    const decoder = new PayloadDecoder();
    decoder.feed(stream);
    decoder.end();
    return decoder;
  };
  assertThrows(() => fed().request(15, 1), CorruptDataError, "at 15");
  const decoder = fed();
  decoder.request(46, 5);
  read(decoder, stream);
  assertThrows(() => decoder.request(46, 5), CorruptDataError, "at 67 already");
  for (const [offset, size] of [[16, 5], [17, 4], [stream.byteLength - 16, 0], [400, 0]]) {
    const refusing = fed();
    refusing.request(offset!, size!);
    assertThrows(() => refusing.next(), CorruptDataError, undefined, `${offset}`);
  }
  const cut = new PayloadDecoder();
  cut.feed(stream.subarray(0, 34));
  cut.end();
  cut.request(16, 4);
  assertThrows(() => read(cut, stream), CorruptDataError, "ends at 34");
});

Deno.test("decodeArchive() lists a split archive without its payload and refuses its contents", async () => {
  const names: string[] = [];
  await decodeArchive(piecewise(archive, () => 50), undefined, {
    entry({ name }) {
      names.push(new TextDecoder().decode(name));
      return false;
    },
    data: () => {},
    leave: () => {},
  });
  assertEquals(names, ["", "a", "b", "c", "d"]);
  await assertRejects(
    () => readSequentially({ archive, payload: undefined }),
    CorruptDataError,
    "payload stream, which is missing",
  );
});

Deno.test("PayloadDecoder goes on after a stretch that cannot be had", () => {
  const decoder = new PayloadDecoder();
  decoder.request(16, 4);
  assertEquals(decoder.next(), "need-input");
  // Not even the start marker is there.
  decoder.abandonTo(60);
  assertEquals(decoder.next(), "done");
  assertThrows(() => decoder.request(46, 5), CorruptDataError, "which is at 60 already");
  decoder.request(72, 3);
  assertEquals(decoder.wantedPosition, 72);
  const piece = stream.subarray(60, 90);
  decoder.feed(piece, 60);
  assertEquals(read(decoder, piece), "CC…");
  assertThrows(() => decoder.abandonTo(80), RangeError);
  decoder.abandonTo(100);
  decoder.request(136, 2);
  decoder.feed(stream.subarray(130), 130);
  assertEquals(read(decoder, stream.subarray(130)), "DD");
});
