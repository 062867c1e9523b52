import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageEntryDetails, PageEntryQuery } from "../../lib/page/page_api.ts";
import { Await } from "../parts/await.tsx";
import { Button } from "../parts/button.tsx";
import { readContent, streamAddress } from "../requests/send_request.ts";
import { useLoad } from "../state/use_load.ts";
import { safeText } from "../text/safe_text.ts";
import { formatSize } from "../text/sizes.ts";
import { HexPreview } from "./hex_preview.tsx";
import { TextPreview } from "./text_preview.tsx";

/** Bytes that are fetched of a text, and of anything else. */
const TEXT_BYTES = 256 * 1024;
const HEX_BYTES = 4096;
/** Images above this are shown only when asked for. */
const LARGE_IMAGE_BYTES = 20 * 1024 * 1024;

/** What is in a file, without taking it out: text, an image, or bytes. */
export function Preview(
  { query, entry }: { readonly query: PageEntryQuery; readonly entry: PageEntryDetails },
): JSX.Element | null {
  const [asHex, setHex] = useState(false);
  const [wraps, setWraps] = useState(true);
  const [wantsLarge, setLarge] = useState(false);
  if (entry.preview === "none") return null;
  const kind = asHex ? "binary" : entry.preview;
  const isLarge = (entry.sizeBytes ?? 0) > LARGE_IMAGE_BYTES;
  return (
    <section class="preview" aria-label="Preview">
      <header class="part-head">
        <h3>Preview</h3>
        <div class="preview-tools">
          {kind === "text" && (
            <Button kind="quiet" pressed={wraps} onPress={() => setWraps(!wraps)}>
              Wrap lines
            </Button>
          )}
          {entry.preview !== "binary" && (
            <Button
              kind="quiet"
              pressed={asHex}
              onPress={() => setHex(!asHex)}
            >
              Bytes
            </Button>
          )}
        </div>
      </header>
      {kind === "image"
        ? isLarge && !wantsLarge
          ? (
            <Button onPress={() => setLarge(true)}>
              {`Show the image (${formatSize(entry.sizeBytes ?? 0)})`}
            </Button>
          )
          : <ImagePreview query={query} name={entry.name} />
        : (
          <Bytes
            query={query}
            size={entry.sizeBytes ?? 0}
            limit={kind === "text" ? TEXT_BYTES : HEX_BYTES}
          >
            {(bytes) =>
              kind === "text"
                ? <TextPreview bytes={bytes} wraps={wraps} />
                : <HexPreview bytes={bytes} />}
          </Bytes>
        )}
    </section>
  );
}

function ImagePreview(
  { query, name }: { readonly query: PageEntryQuery; readonly name: string },
): JSX.Element {
  const [failed, setFailed] = useState(false);
  if (failed) return <p class="faint">The browser cannot show this image.</p>;
  return (
    <img
      class="preview-image"
      src={streamAddress("content", { ...query, as: "image" })}
      alt={safeText(name)}
      onError={() => setFailed(true)}
    />
  );
}

function Bytes(
  { query, size, limit, children }: {
    readonly query: PageEntryQuery;
    /** Of the whole file, bytes. */
    readonly size: number;
    /** Bytes that are fetched at first. */
    readonly limit: number;
    readonly children: (bytes: Uint8Array) => JSX.Element;
  },
): JSX.Element {
  const [times, setTimes] = useState(1);
  const loaded = useLoad(
    `content ${limit * times} ${JSON.stringify(query)}`,
    (signal) => readContent(query, { size, limit: limit * times }, signal),
  );
  return (
    <Await of={loaded} what="the content" lines={5}>
      {(bytes) => (
        <>
          {children(bytes)}
          {size > bytes.length && (
            <p class="preview-cut">
              <span class="faint">The first {formatSize(bytes.length)} of {formatSize(size)}</span>
              {times < 64 && (
                <Button kind="quiet" onPress={() => setTimes(times * 4)}>Show more</Button>
              )}
            </p>
          )}
        </>
      )}
    </Await>
  );
}
