/** User of a datastore as the object `.in-use` names it (spec: s3-datastore.md §3.3). */
export interface InUseMarker {
  /** Name of the host; undefined if the object does not say. */
  readonly hostname: string | undefined;
  /** Whether any number of clients use the datastore directly, without a server. */
  readonly isShared: boolean;
}

/** Longest that is looked at. */
const MAX_BYTES = 65536;

/** Reads the content of `.in-use`. Whatever it is, there is somebody. */
export function parseInUseMarker(content: Uint8Array): InUseMarker {
  let value: unknown;
  try {
    value = content.length > MAX_BYTES ? null : JSON.parse(new TextDecoder().decode(content));
  } catch {
    value = null;
  }
  const { hostname, shared } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const isName = typeof hostname === "string" && /^[\x21-\x7e]{1,255}$/.test(hostname);
  return { hostname: isName ? hostname : undefined, isShared: shared === 1 };
}

/** The content of `.in-use` for a server: compact JSON. */
export function formatInUseMarker(hostname: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ hostname }));
}
