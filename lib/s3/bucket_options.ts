import type { Duplex as Stream } from "node:stream";
import type { RateLimiter } from "../duplex/mod.ts";

/**
 * A shortcoming of a server (spec: s3-datastore.md §11.4): it knows no conditional writes, or no
 * deletion of many objects at a time.
 */
export type S3Quirk = "skip-if-none-match-header" | "delete-objects-via-delete-object";

/** How often and how long a request is tried; not often while nobody has answered yet. */
export interface RequestPatience {
  /** Attempts of a request in all. Default 8. */
  readonly attempts?: number;
  /** Longest pause after the first failure; it doubles with each further one. Default 500 ms. */
  readonly firstPauseMs?: number;
  /** Longest pause of all. Default 15 s. */
  readonly longestPauseMs?: number;
  /** Longest pause that a server may ask for; more ends the request. Default 120 s. */
  readonly longestAskedPauseMs?: number;
  /** Attempts while nobody has ever answered. Default few, depending on how long each takes. */
  readonly attemptsToReach?: number;
  /** Time for the first answer of all, unless a body is sent for it. Default 15 s. */
  readonly reachMs?: number;
  /** Time in which nothing moves. Default 10 minutes. */
  readonly silenceMs?: number;
}

/** How the servers of an object store are reached, and as whom (spec: s3-datastore.md §2.1). */
export interface EndpointOptions {
  /**
   * Host name or address. `{{bucket}}` and `{{region}}` in it stand for the names; without
   * `pathStyle` it is taken to lead to the bucket.
   */
  readonly endpoint: string;
  /** Default 443; 80 without TLS. */
  readonly port?: number;
  /** Goes into the signature. Default `us-west-1`. */
  readonly region?: string;
  /** Whether the bucket is the first part of the path instead of the host's name. Default false. */
  readonly pathStyle?: boolean;
  /** Treated as a secret. */
  readonly accessKey: string;
  /** A secret. */
  readonly secretKey: string;
  /** SHA-256 of a certificate that is trusted though no authority vouches for it. */
  readonly fingerprint?: string;
  /** PEM text of certificate authorities instead of the system's. */
  readonly authorities?: string;
  readonly quirks?: readonly S3Quirk[];
  /** PUT requests per second. Default: no limit. */
  readonly putRateLimit?: number;
  /** Limit of what is received, shared by all who are given the same one. */
  readonly rateIn?: RateLimiter;
  /** Limit of what is sent, likewise. */
  readonly rateOut?: RateLimiter;
  /** Default true. Without, only this machine can be reached unless `insecure` is set. */
  readonly tls?: boolean;
  /** Allows other machines without TLS: whoever is on the way can read and change everything. */
  readonly insecure?: boolean;
  /** Requests under way at a time; further ones wait. Default 32. */
  readonly maxConnections?: number;
  /** Makes connections, for example through a proxy. Default: TCP, directly. */
  readonly dial?: (host: string, port: number) => Promise<Stream>;
  readonly patience?: RequestPatience;
}

/** A bucket, and how it is reached. */
export interface BucketOptions extends EndpointOptions {
  /** Name of the bucket; it has to be there. */
  readonly bucket: string;
  /**
   * Key of an object that is written, and removed, to see whether the server checks bodies against the
   * SHA-256 in the signature; large ones go without MD5 sums if it does. Default: no such trial, MD5
   * sums always, as the reference sends them.
   */
  readonly trialKey?: string;
}
