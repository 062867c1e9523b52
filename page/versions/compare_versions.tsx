import type { JSX } from "preact";
import { Await } from "../parts/await.tsx";
import { readContent } from "../requests/send_request.ts";
import type { VersionsRoute } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { formatTime } from "../text/dates.ts";
import { formatSize } from "../text/sizes.ts";
import { TextDiff } from "./text_diff.tsx";

/** Bytes of each version that are compared. */
const LIMIT_BYTES = 2 * 1024 * 1024;

/** A version: the time of its snapshot, and its length. */
export interface Side {
  readonly time: number;
  readonly sizeBytes: number | undefined;
}

/** The contents of a file in two snapshots, side by side. */
export function CompareVersions(
  { route, left, right }: {
    readonly route: VersionsRoute;
    readonly left: Side;
    readonly right: Side;
  },
): JSX.Element {
  const { snapshot, archive, path } = route;
  const loaded = useLoad(
    `compare ${left.time} ${right.time} ${JSON.stringify([snapshot, archive, path])}`,
    async (signal) => {
      const read = ({ time, sizeBytes: size }: Side) =>
        readContent({ ...snapshot, time, archive, path }, { size, limit: LIMIT_BYTES }, signal);
      return await Promise.all([read(left), read(right)]);
    },
  );
  return (
    <section class="card" aria-label="Comparison">
      <Await of={loaded} what="both versions" lines={8}>
        {([from, to]) => {
          const texts = [textOf(from), textOf(to)];
          const isCut = from.length >= LIMIT_BYTES || to.length >= LIMIT_BYTES;
          return (
            <>
              {isCut && <p class="faint">Only the first {formatSize(LIMIT_BYTES)} are compared.</p>}
              {texts[0] === undefined || texts[1] === undefined
                ? (
                  <p class="same">
                    {areEqual(from, to)
                      ? "The bytes of the two versions are the same."
                      : "The contents differ; they are no text that could be shown side by side."}
                  </p>
                )
                : (
                  <TextDiff
                    left={texts[0]}
                    right={texts[1]}
                    names={[formatTime(left.time), formatTime(right.time)]}
                  />
                )}
            </>
          );
        }}
      </Await>
    </section>
  );
}

function textOf(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    // A character may be cut at the end of what was fetched.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, {
      stream: bytes.length >= LIMIT_BYTES,
    });
  } catch {
    return undefined;
  }
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
