import type { ArchiveReader } from "../browse/mod.ts";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../http/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import { parseByteRange } from "./_byte_range.ts";
import { attachmentField } from "./_attachment_field.ts";
import { nameText } from "./_describe_entry.ts";
import { lastName } from "./_entry_path.ts";
import { PageError } from "./_refusal.ts";
import { CONTENT_FIELDS } from "./_response.ts";
import { imageTypeOf, SNIFFED_BYTES } from "./_sniff_content.ts";
import { findEntry, type OpenedSnapshot } from "./opened_snapshot.ts";
import type { PageParameters } from "./_page_parameters.ts";
import { pathOf } from "./_tree_requests.ts";

const OCTETS = "application/octet-stream";
/** Bytes that are read at a time. */
const PIECE_BYTES = 1024 * 1024;
/** A larger image is not drawn: it would have to be taken whole. */
const MAX_IMAGE_BYTES = 64 * 1024 * 1024;

/** Bytes of a file, an image or a blob, and what they are called. */
interface NamedContent {
  readonly name: string;
  readonly access: RandomAccess;
  readonly offset: number;
  readonly size: number;
}

/** `content`: the bytes of a file, or a range of them. */
export async function sendContent(
  opened: OpenedSnapshot,
  parameters: PageParameters,
  request: IncomingRequest,
): Promise<OutgoingResponse> {
  const content = await contentOf(opened, parameters);
  const as = parameters.optionalText("as");
  if (as !== undefined && as !== "image") {
    throw new PageError("bad-request", `contents are not shown as "${as}"`);
  }
  const type = as === "image" ? await requireImage(content) : OCTETS;
  // Of what is not drawn, a browser that is led here makes a file.
  const disposition = as === "image" ? [] : [attachmentField(content.name)];
  return sendRange(content, request, [["content-type", type], ...disposition]);
}

/** `download` of a single file. */
export async function sendFile(
  opened: OpenedSnapshot,
  parameters: PageParameters,
  request: IncomingRequest,
): Promise<OutgoingResponse> {
  const content = await contentOf(opened, parameters);
  const fields: HeaderField[] = [["content-type", OCTETS], attachmentField(content.name)];
  return sendRange(content, request, fields);
}

async function contentOf(
  opened: OpenedSnapshot,
  parameters: PageParameters,
): Promise<NamedContent> {
  const archive = parameters.text("archive");
  const path = pathOf(parameters);
  const reader: ArchiveReader = await opened.archive(archive);
  if (path.length === 0 && reader.stream !== undefined && !archive.endsWith(".pxar")) {
    return { name: archive, access: reader.stream, offset: 0, size: reader.stream.size };
  }
  const node = await findEntry(reader, path);
  const { entry } = await reader.tree.resolve(node);
  if (entry.kind !== "file") throw new PageError("bad-request", `this is a ${entry.kind}, no file`);
  return { name: nameText(lastName(path)), ...await reader.tree.content(entry) };
}

async function requireImage({ access, offset, size }: NamedContent): Promise<string> {
  const length = Math.min(size, SNIFFED_BYTES);
  const start = length === 0 ? new Uint8Array() : await access.read(offset, length);
  const type = size > MAX_IMAGE_BYTES ? undefined : imageTypeOf(start);
  if (type === undefined) throw new PageError("bad-request", "this is no image that can be shown");
  return type;
}

function sendRange(
  content: NamedContent,
  { headers }: IncomingRequest,
  fields: readonly HeaderField[],
): OutgoingResponse {
  const { size } = content;
  const range = parseByteRange(headers.get("range"), size);
  if (range === "unsatisfiable") {
    return { status: 416, headers: [["content-range", `bytes */${size}`], ...CONTENT_FIELDS] };
  }
  const { start, end } = range ?? { start: 0, end: size };
  return {
    status: range === undefined ? 200 : 206,
    headers: [
      ...fields,
      ["accept-ranges", "bytes"],
      ["content-length", `${end - start}`],
      ...range === undefined
        ? []
        : [["content-range", `bytes ${start}-${end - 1}/${size}`] as const],
      ...CONTENT_FIELDS,
    ],
    body: pieces(content, start, end),
  };
}

async function* pieces(
  { access, offset }: NamedContent,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const length = Math.min(PIECE_BYTES, end - at);
    yield await access.read(offset + at, length);
    at += length;
  }
}
