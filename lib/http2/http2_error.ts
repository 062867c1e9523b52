import { ConnectionError } from "../errors/mod.ts";
import { Http2ErrorCode } from "./http2_format.ts";

const names = new Map<number, string>(
  Object.entries(Http2ErrorCode).map(([name, code]) => [code, name]),
);

/**
 * A stream or the whole connection ended with an HTTP/2 error code, sent by either side.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(new Http2Error("stream", 7, "no").message, "HTTP/2 stream error REFUSED_STREAM: no");
 * ```
 */
export class Http2Error extends ConnectionError {
  override name = "Http2Error";

  /**
   * @param scope What is over: one stream or the connection.
   * @param code Error code (RFC 9113 §7).
   * @param reason One sentence for people.
   */
  constructor(
    readonly scope: "stream" | "connection",
    readonly code: number,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `HTTP/2 ${scope} error ${names.get(code) ?? `0x${code.toString(16)}`}: ${reason}`,
      options,
    );
  }
}
