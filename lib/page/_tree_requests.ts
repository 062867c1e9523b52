import { Buffer } from "node:buffer";
import type { ArchiveReader } from "../browse/mod.ts";
import type { PxarNode } from "../pxar/mod.ts";
import {
  archiveKind,
  CATALOG_NAME,
  CLIENT_LOG_BLOB_NAME,
  ENCRYPTED_KEY_BLOB_NAME,
  parseArchiveName,
  splitArchiveNames,
} from "../repository/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import { describeEntry, nameText } from "./_describe_entry.ts";
import { MAX_PATH_CHARACTERS, parseEntryPath } from "./_entry_path.ts";
import { previewOf, SNIFFED_BYTES } from "./_sniff_content.ts";
import { findEntry, type OpenedSnapshot } from "./opened_snapshot.ts";
import type {
  PageArchive,
  PageArchives,
  PageEntries,
  PageEntry,
  PageEntryDetails,
} from "./page_api.ts";
import type { PageParameters } from "./_page_parameters.ts";

const DEFAULT_ENTRIES = 200;
const MAX_ENTRIES = 2000;
/** Not for people: they say what is in the other archives. */
const HIDDEN = new Set<string>([CATALOG_NAME, ENCRYPTED_KEY_BLOB_NAME, CLIENT_LOG_BLOB_NAME]);

/** `archives`: those of a snapshot. */
export function listArchives(opened: OpenedSnapshot): PageArchives {
  const archives = new Map<string, PageArchive>();
  for (const file of opened.checked.manifest.files) {
    const archive = describeArchive(opened, file);
    if (archive === undefined) continue;
    const other = archives.get(archive.archive);
    archives.set(archive.archive, {
      ...archive,
      sizeBytes: archive.sizeBytes + (other?.sizeBytes ?? 0),
    });
  }
  return { archives: [...archives.values()].sort((a, b) => a.archive < b.archive ? -1 : 1) };
}

function describeArchive(opened: OpenedSnapshot, file: ManifestFile): PageArchive | undefined {
  const { filename, size } = file;
  const kind = archiveKind(filename);
  if (kind === undefined || HIDDEN.has(filename)) return undefined;
  const halves = splitArchiveNames(filename);
  const clientName = parseArchiveName(filename).clientName;
  const reason = opened.whyUnreadable(file);
  return {
    archive: halves === undefined ? clientName : clientName.replace(/\.[mp]?pxar$/, ".pxar"),
    kind: halves !== undefined ? "tree" : kind === "blob" ? "blob" : "image",
    sizeBytes: size,
    ...(reason === undefined ? {} : { unreadable: reason }),
  };
}

/** The path of keys of a request. */
export function pathOf(parameters: PageParameters): Uint8Array {
  return parseEntryPath(parameters.optionalText("path", MAX_PATH_CHARACTERS) ?? "");
}

/** `entries`: some of those of a folder. */
export async function listEntries(
  opened: OpenedSnapshot,
  parameters: PageParameters,
): Promise<PageEntries> {
  const archive = parameters.text("archive");
  const offset = parameters.optionalInteger("offset", { least: 0, most: 2 ** 31 }) ?? 0;
  const limit = parameters.optionalInteger("limit", { least: 1, most: MAX_ENTRIES }) ??
    DEFAULT_ENTRIES;
  const reader = await opened.archive(archive);
  const node = await findEntry(reader, pathOf(parameters));
  const { directory, positions } = await opened.folder(archive, node);
  const entries = [];
  for await (const node of directory.entriesAt(positions, offset, limit)) {
    entries.push(await describeNode(reader, node));
  }
  return { total: positions.length, offset, entries };
}

/** An entry as a list shows it; hard links with what they stand for. */
export async function describeNode(
  reader: ArchiveReader,
  node: PxarNode,
): Promise<PageEntry> {
  return describeEntry(node.entry, (await reader.tree.resolve(node)).entry);
}

/** `entry`: one, with everything about it. */
export async function showEntry(
  opened: OpenedSnapshot,
  parameters: PageParameters,
): Promise<PageEntryDetails> {
  const reader = await opened.archive(parameters.text("archive"));
  const node = await findEntry(reader, pathOf(parameters));
  const { entry } = await reader.tree.resolve(node);
  const { metadata } = entry;
  return {
    ...describeEntry(node.entry, entry),
    modifiedNanos: metadata?.mtimeNanos ?? 0,
    ...(entry.kind === "device" ? { device: { major: entry.major, minor: entry.minor } } : {}),
    xattrs: [
      ...(metadata?.xattrs ?? []).map(({ name, value }) => ({
        name: nameText(name),
        value: Buffer.from(value).toString("base64"),
      })),
      ...(metadata?.fcaps === undefined ? [] : [{
        name: "security.capability",
        value: Buffer.from(metadata.fcaps).toString("base64"),
      }]),
    ],
    hasAcl: metadata?.acl !== undefined,
    preview: entry.kind === "file" ? await previewOfFile(reader, node) : "none",
  };
}

async function previewOfFile(
  reader: ArchiveReader,
  node: PxarNode,
): Promise<PageEntryDetails["preview"]> {
  const { access, offset, size } = await reader.content(node);
  const length = Math.min(size, SNIFFED_BYTES);
  return previewOf(length === 0 ? new Uint8Array() : await access.read(offset, length));
}
