import aws4 from "aws4";
import type { HeaderField } from "../http/mod.ts";
import type { Address } from "./_address.ts";

/** A request as far as its signature covers it; the path in its encoded form. */
export interface RequestToSign {
  readonly method: string;
  readonly path: string;
  /** Further fields, names in lower case. */
  readonly headers: readonly HeaderField[];
  /** Of the body, lower-case hex. */
  readonly sha256: string;
  /** Of the body, if there is one, bytes. */
  readonly lengthBytes: number | undefined;
}

/** Whoever signs. */
export interface Signer {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** As much of the library as is used. */
interface SigningLibrary {
  sign(
    request: {
      service: string;
      region: string;
      method: string;
      path: string;
      headers: Record<string, string>;
    },
    credentials: { accessKeyId: string; secretAccessKey: string },
  ): { headers: Record<string, string> };
}

/**
 * The header fields of a request with its signature, version 4 (spec: s3-datastore.md §11.3). All
 * fields are signed, `host` and `content-length` too, which whoever sends the request adds.
 *
 * @param nowMs Clock, milliseconds since the epoch; a signature is good for some minutes.
 */
export function signRequest(
  request: RequestToSign,
  { authority, region }: Pick<Address, "authority" | "region">,
  { accessKey, secretKey }: Signer,
  nowMs: number,
): HeaderField[] {
  const added: HeaderField[] = [
    ...request.headers,
    ["x-amz-content-sha256", request.sha256],
    ["x-amz-date", new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, "")],
  ];
  const { headers } = (aws4 as SigningLibrary).sign({
    service: "s3",
    region,
    method: request.method,
    path: request.path,
    headers: {
      host: authority,
      ...request.lengthBytes === undefined ? {} : { "content-length": `${request.lengthBytes}` },
      ...Object.fromEntries(added),
    },
  }, { accessKeyId: accessKey, secretAccessKey: secretKey });
  return [...added, ["authorization", headers.Authorization!]];
}
