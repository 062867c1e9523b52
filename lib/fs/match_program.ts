import { GlobKind, MatchFlag } from "../../ffi/native_layout.ts";
import { ByteWriter } from "../bytes/mod.ts";
import type { MatchList } from "./match_list.ts";

/** A match list in the form the native core evaluates; see `native/include/pbs_capture.h`. */
export function compileMatchList(list: MatchList): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const { type, anchored, directoriesOnly, glob } of list) {
    const flags = (type === "include" ? MatchFlag.Include : 0) |
      (anchored ? MatchFlag.Anchored : 0) |
      (directoriesOnly ? MatchFlag.DirectoriesOnly : 0);
    writer.u32(flags);
    writer.u32(glob.components.length);
    for (const { kind, literal, members } of glob.components) {
      const bytes = kind === GlobKind.Class ? packMembers(members!) : literal ?? new Uint8Array();
      writer.u32(kind);
      writer.u32(bytes.byteLength);
      writer.bytes(bytes);
    }
  }
  return writer.finish();
}

function packMembers(members: Uint8Array): Uint8Array {
  const bits = new Uint8Array(32);
  members.forEach((isMember, byte) => bits[byte >> 3]! |= isMember << (byte & 7));
  return bits;
}
