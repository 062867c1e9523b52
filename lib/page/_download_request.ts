import { compressedTar, tarFolder, zipFolder } from "../download/mod.ts";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../http/mod.ts";
import { attachmentField } from "./_attachment_field.ts";
import { sendFile } from "./_content_requests.ts";
import { nameText } from "./_describe_entry.ts";
import type { PageParameters } from "./_page_parameters.ts";
import { PageError } from "./_refusal.ts";
import { CONTENT_FIELDS } from "./_response.ts";
import { pathOf } from "./_tree_requests.ts";
import { findEntry, type OpenedSnapshot } from "./opened_snapshot.ts";

/** Forms of a folder: type, and end of the file's name. */
const FORMATS: Readonly<Record<string, readonly [type: string, suffix: string]>> = {
  "tar": ["application/x-tar", ".tar"],
  "tar.zst": ["application/zstd", ".tar.zst"],
  "zip": ["application/zip", ".zip"],
};
/** Bytes that are read ahead of a reader: those of two usual chunks. */
const AHEAD_BYTES = 4 * 1024 * 1024;

/** `download`: a file, or a folder as one. */
export async function sendDownload(
  opened: OpenedSnapshot,
  parameters: PageParameters,
  request: IncomingRequest,
): Promise<OutgoingResponse> {
  const format = parameters.text("format");
  if (format === "file") return await sendFile(opened, parameters, request);
  const form = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (form === undefined) {
    throw new PageError("bad-request", `there are no downloads in the format "${format}"`);
  }
  const archive = parameters.text("archive");
  const reader = await opened.archive(archive);
  const node = await findEntry(reader, pathOf(parameters));
  if (node.entry.kind !== "directory") {
    throw new PageError("bad-request", `this is a ${node.entry.kind}, no folder`);
  }
  const isTop = node.entry.depth === 0;
  const name = isTop ? new TextEncoder().encode(archive.replace(/\.pxar$/, "")) : node.entry.name;
  const [type, suffix] = form;
  const fields: HeaderField[] = [
    ["content-type", type],
    attachmentField(`${nameText(name)}${suffix}`),
    ...CONTENT_FIELDS,
  ];
  const options = { name, aheadBytes: AHEAD_BYTES };
  const body = format === "zip"
    ? zipFolder(reader.tree, node, options)
    : format === "tar"
    ? tarFolder(reader.tree, node, options)
    : compressedTar(tarFolder(reader.tree, node, options));
  return { status: 200, headers: fields, body };
}
