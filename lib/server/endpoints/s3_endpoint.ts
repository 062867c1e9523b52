import { parseByteSize } from "../../bytes/mod.ts";
import type { SectionEntry, SectionValues } from "../sections/mod.ts";

/** Shortcomings that some providers have (spec: s3-datastore.md §11.4). */
export const PROVIDER_QUIRKS = [
  "skip-if-none-match-header",
  "delete-objects-via-delete-object",
] as const;

/** Bytes per second, and those that may come at once. */
export interface TrafficLimit {
  readonly rateBytesPerSecond: number;
  readonly burstBytes?: number;
}

/** An S3 endpoint: how an object store is reached, and as whom (spec: s3-datastore.md §2.1). */
export interface S3Endpoint {
  readonly id: string;
  /** Host name or address, possibly with templates. */
  readonly endpoint: string;
  readonly port?: number;
  readonly region: string;
  readonly accessKey: string;
  /** Is never shown. */
  readonly secretKey: string;
  readonly fingerprint?: string;
  readonly pathStyle: boolean;
  readonly quirks: readonly typeof PROVIDER_QUIRKS[number][];
  /** PUT requests per second. */
  readonly putRateLimit?: number;
  readonly trafficIn?: TrafficLimit;
  readonly trafficOut?: TrafficLimit;
}

/** Region that goes into signatures where none is configured. */
export const DEFAULT_REGION = "us-west-1";

/** The endpoint that a section describes. */
export function endpointOf({ id, properties }: SectionEntry): S3Endpoint {
  const { port, fingerprint } = properties;
  const putRateLimit = properties["put-rate-limit"];
  return {
    id,
    endpoint: properties["endpoint"] as string,
    region: properties["region"] as string | undefined ?? DEFAULT_REGION,
    accessKey: properties["access-key"] as string,
    secretKey: properties["secret-key"] as string,
    pathStyle: properties["path-style"] === true,
    quirks: properties["provider-quirks"] as S3Endpoint["quirks"] | undefined ?? [],
    ...port === undefined ? {} : { port: port as number },
    ...fingerprint === undefined ? {} : { fingerprint: (fingerprint as string).toLowerCase() },
    ...putRateLimit === undefined ? {} : { putRateLimit: putRateLimit as number },
    ...trafficLimit("trafficIn", properties, "in"),
    ...trafficLimit("trafficOut", properties, "out"),
  };
}

function trafficLimit(
  name: "trafficIn" | "trafficOut",
  properties: SectionValues,
  way: "in" | "out",
): Partial<S3Endpoint> {
  const rate = properties[`rate-${way}`];
  if (rate === undefined) return {};
  const burst = properties[`burst-${way}`];
  return {
    [name]: {
      rateBytesPerSecond: Number(parseByteSize(rate as string)),
      ...burst === undefined ? {} : { burstBytes: Number(parseByteSize(burst as string)) },
    },
  };
}
