import { RateLimiter } from "../../duplex/mod.ts";
import type { BucketOptions, EndpointOptions } from "../../s3/mod.ts";
import type { S3Endpoint, TrafficLimit } from "./s3_endpoint.ts";

/** Limits of traffic, which all who use an endpoint share. */
export class EndpointLimits {
  readonly #limits = new Map<string, RateLimiter>();

  /** The limiter of an endpoint's direction; one for all that ask with the same limit. */
  of(id: string, way: "in" | "out", limit: TrafficLimit): RateLimiter {
    const key = `${id} ${way} ${limit.rateBytesPerSecond} ${limit.burstBytes}`;
    const limiter = this.#limits.get(key) ?? new RateLimiter(limit);
    this.#limits.set(key, limiter);
    return limiter;
  }
}

/** The options with which an endpoint is reached. */
export function endpointOptions(
  endpoint: S3Endpoint,
  limits: EndpointLimits = new EndpointLimits(),
): EndpointOptions {
  const { id, port, fingerprint, putRateLimit, trafficIn, trafficOut } = endpoint;
  return {
    endpoint: endpoint.endpoint,
    region: endpoint.region,
    pathStyle: endpoint.pathStyle,
    accessKey: endpoint.accessKey,
    secretKey: endpoint.secretKey,
    quirks: endpoint.quirks,
    ...port === undefined ? {} : { port },
    ...fingerprint === undefined ? {} : { fingerprint },
    ...putRateLimit === undefined ? {} : { putRateLimit },
    ...trafficIn === undefined ? {} : { rateIn: limits.of(id, "in", trafficIn) },
    ...trafficOut === undefined ? {} : { rateOut: limits.of(id, "out", trafficOut) },
  };
}

/** The options with which a bucket is opened. */
export function bucketOptions(
  endpoint: S3Endpoint,
  bucket: string,
  limits?: EndpointLimits,
): BucketOptions {
  return { ...endpointOptions(endpoint, limits), bucket };
}
