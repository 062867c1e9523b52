import type { JSX } from "preact";
import type { PageArchive } from "../../lib/page/page_api.ts";
import { Await } from "../parts/await.tsx";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/name.tsx";
import { readContent, streamAddress } from "../requests/send_request.ts";
import type { Snapshot } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { formatBytes, formatSize } from "../text/sizes.ts";
import { HexPreview } from "./hex_preview.tsx";
import { TextPreview } from "./text_preview.tsx";

/** Bytes that are shown of a small file that is a text, and of anything else. */
const [TEXT_BYTES, HEX_BYTES] = [64 * 1024, 4096];

/** An archive that is no tree: a disk, or one small file. */
export function ArchiveContent(
  { snapshot, archive }: { readonly snapshot: Snapshot; readonly archive: PageArchive },
): JSX.Element {
  const query = { ...snapshot, archive: archive.archive, path: "" };
  const size = archive.sizeBytes;
  const limit = archive.kind === "blob" ? TEXT_BYTES : HEX_BYTES;
  const loaded = useLoad(
    `content ${limit} ${JSON.stringify(query)}`,
    (signal) => readContent(query, { size, limit }, signal),
  );
  return (
    <div class="details">
      <h2 class="details-name">
        <Name text={archive.archive} />
      </h2>
      <div class="actions">
        <a
          class="button plain"
          href={streamAddress("download", { ...query, format: "file" })}
          download=""
        >
          <Icon name="download" />
          <span>Download</span>
        </a>
      </div>
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{archive.kind === "image" ? "image of a disk" : "single file"}</dd>
        <dt>Size</dt>
        <dd title={formatBytes(size)}>{formatSize(size)}</dd>
      </dl>
      <section class="preview" aria-label="Preview">
        <header class="part-head">
          <h3>Preview</h3>
        </header>
        <Await of={loaded} what="the content" lines={5}>
          {(bytes) => {
            const isWhole = bytes.length >= size;
            const shown = isText(bytes, isWhole) ? bytes : bytes.subarray(0, HEX_BYTES);
            return (
              <>
                {shown === bytes && archive.kind === "blob"
                  ? <TextPreview bytes={bytes} wraps />
                  : <HexPreview bytes={shown} />}
                {shown.length < size && (
                  <p class="faint">The first {formatSize(shown.length)} of {formatSize(size)}</p>
                )}
              </>
            );
          }}
        </Await>
      </section>
    </div>
  );
}

function isText(bytes: Uint8Array<ArrayBuffer>, isWhole: boolean): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
    return true;
  } catch {
    return false;
  }
}
