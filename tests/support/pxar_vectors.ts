import { decodeHex } from "../../lib/bytes/mod.ts";
import { type Acl, type EntryMetadata, PxarEncoder } from "../../lib/pxar/mod.ts";
import { PxarMemorySink } from "./pxar_memory_sink.ts";

const VECTORS = new URL("../vectors/", import.meta.url);

/** Stat and attributes as the descriptions of the vectors have them (spec: pxar.md §1.9). */
export interface VectorStat {
  mode: number;
  flags?: number;
  uid: number;
  gid: number;
  mtime: [number, number];
  xattrs?: [string, string][];
  acl?: {
    users?: [number, number][];
    groups?: [number, number][];
    group_obj?: number;
    default?: [number, number, number, number];
    default_users?: [number, number][];
    default_groups?: [number, number][];
  };
  fcaps?: string;
  projid?: number;
}

/** One entry of a description. */
export interface VectorEntry extends VectorStat {
  name?: string;
  name_hex?: string;
  type: string;
  data_hex?: string;
  target?: string;
  major?: number;
  minor?: number;
  offset?: number;
  size?: number;
  entries?: VectorEntry[];
}

/** A described archive. */
export interface VectorArchive {
  format: 1 | 2;
  prelude?: string;
  root: VectorStat & { entries: VectorEntry[] };
}

/** The two streams of an archive. */
export interface EncodedArchive {
  readonly archive: Uint8Array;
  readonly payload: Uint8Array | undefined;
}

/** Reads a JSON file of the vectors. */
export function readVectorJson<T>(path: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(path, VECTORS))) as T;
}

/** Reads a binary file of the vectors. */
export function readVectorBytes(path: string): Uint8Array {
  return Deno.readFileSync(new URL(path, VECTORS));
}

/** Names of all archives among the vectors. */
export function vectorArchiveNames(): string[] {
  return [...Deno.readDirSync(new URL("pxar/", VECTORS))].map(({ name }) => name)
    .filter((name) => /\.m?pxar$/.test(name)).map((name) => name.replace(/\.m?pxar$/, "")).sort();
}

/** The streams of one archive among the vectors. */
export function readVectorArchive(name: string): EncodedArchive {
  const { format } = readVectorJson<VectorArchive>(`pxar/${name}.json`);
  return format === 1 ? { archive: readVectorBytes(`pxar/${name}.pxar`), payload: undefined } : {
    archive: readVectorBytes(`pxar/${name}.mpxar`),
    payload: readVectorBytes(`pxar/${name}.ppxar`),
  };
}

const utf8 = new TextEncoder();

/** Name of a described entry. */
export function vectorName(entry: VectorEntry): Uint8Array {
  return entry.name_hex === undefined ? utf8.encode(entry.name!) : decodeHex(entry.name_hex);
}

/** Metadata of a described entry. */
export function vectorMetadata(stat: VectorStat): EntryMetadata {
  const pairs = (list: [number, number][] = []) =>
    list.map(([id, permissions]) => ({ id, permissions }));
  const [user, group, other, mask] = stat.acl?.default ?? [];
  const acl: Acl | undefined = stat.acl && {
    users: pairs(stat.acl.users),
    groups: pairs(stat.acl.groups),
    groupObject: stat.acl.group_obj,
    default: stat.acl.default && { user, group, other, mask },
    defaultUsers: pairs(stat.acl.default_users),
    defaultGroups: pairs(stat.acl.default_groups),
  };
  return {
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtimeSecs: stat.mtime[0],
    mtimeNanos: stat.mtime[1],
    flags: stat.flags ?? 0,
    xattrs: stat.xattrs?.map(([name, value]) => ({
      name: utf8.encode(name),
      value: decodeHex(value),
    })),
    acl,
    fcaps: stat.fcaps === undefined ? undefined : decodeHex(stat.fcaps),
    projectId: stat.projid,
  };
}

/** Encodes a described archive. */
export function encodeVector(description: VectorArchive): EncodedArchive {
  const sink = new PxarMemorySink();
  const payload = description.format === 2 ? new PxarMemorySink() : undefined;
  const encoder = new PxarEncoder(sink, payload);
  const { prelude } = description;
  encoder.startArchive(
    vectorMetadata(description.root),
    prelude === undefined ? undefined : utf8.encode(prelude),
  );
  const positions = new Map<string, number>();
  const addAll = (entries: VectorEntry[], prefix: string) => {
    for (const entry of entries) {
      if (entry.type === "inject") {
        const bytes = decodeHex(entry.data_hex!);
        payload!.write(bytes);
        encoder.advancePayload(bytes.byteLength);
        continue;
      }
      const path = `${prefix}${entry.name}`;
      positions.set(path, addEntry(encoder, entry, positions));
      if (entry.type !== "dir") continue;
      addAll(entry.entries!, `${path}/`);
      encoder.leaveDirectory();
    }
  };
  addAll(description.root.entries, "");
  encoder.finish();
  return { archive: sink.bytes(), payload: payload?.bytes() };
}

function addEntry(
  encoder: PxarEncoder,
  entry: VectorEntry,
  positions: Map<string, number>,
): number {
  const name = vectorName(entry);
  if (entry.type === "hardlink") {
    return encoder.addHardlink(name, utf8.encode(entry.target!), positions.get(entry.target!)!);
  }
  const metadata = vectorMetadata(entry);
  switch (entry.type) {
    case "file":
      return encoder.addFileBytes(name, metadata, decodeHex(entry.data_hex!));
    case "payload_ref":
      return encoder.addReusedFile(name, metadata, entry.offset!, entry.size!);
    case "dir":
      return encoder.enterDirectory(name, metadata);
    case "symlink":
      return encoder.addSymlink(name, metadata, utf8.encode(entry.target!));
    case "device":
      return encoder.addDevice(name, metadata, entry.major!, entry.minor!);
    case "fifo":
      return encoder.addFifo(name, metadata);
    case "socket":
      return encoder.addSocket(name, metadata);
    default:
      throw new Error(`entry type "${entry.type}" is not known`);
  }
}
