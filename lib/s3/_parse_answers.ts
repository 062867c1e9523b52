import { CorruptDataError } from "../errors/mod.ts";
import { parseXml, type XmlElement } from "./_xml.ts";
import type { ListedObject } from "./object_store.ts";

/** A part of a listing. */
export interface ListingAnswer {
  readonly objects: readonly ListedObject[];
  /** Token of the rest; undefined at the end. */
  readonly next: string | undefined;
}

/** A failure as a server tells of it. */
export interface ErrorAnswer {
  readonly code: string;
  readonly message: string;
  /** Region of the bucket, if the request had another one. */
  readonly region: string | undefined;
}

/** An object that a bulk deletion did not remove. */
export interface UndeletedObject {
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/**
 * Reads the answer to `ListObjectsV2` (spec: s3-datastore.md §11.5).
 *
 * @throws {CorruptDataError} if it is none.
 */
export function parseListing(text: string): ListingAnswer {
  const root = rootOf(text, "ListBucketResult");
  const objects: ListedObject[] = [];
  for (const contents of childrenOf(root, "Contents")) {
    const size = Number(required(contents, "Size"));
    const time = Date.parse(required(contents, "LastModified"));
    if (!Number.isSafeInteger(size) || size < 0 || Number.isNaN(time)) {
      throw new CorruptDataError("a listing has an object without size or time");
    }
    objects.push({
      key: required(contents, "Key"),
      size,
      etag: unquoted(textOf(contents, "ETag") ?? ""),
      modificationTime: time / 1000,
    });
  }
  if (textOf(root, "IsTruncated")?.trim() !== "true") return { objects, next: undefined };
  return { objects, next: required(root, "NextContinuationToken") };
}

/**
 * Reads the answer to `DeleteObjects`.
 *
 * @returns What was not removed.
 * @throws {CorruptDataError} if it is none.
 */
export function parseDeletion(text: string): UndeletedObject[] {
  return childrenOf(rootOf(text, "DeleteResult"), "Error").map((error) => ({
    key: textOf(error, "Key") ?? "",
    code: textOf(error, "Code") ?? "",
    message: textOf(error, "Message") ?? "",
  }));
}

/**
 * Reads the names from the answer to `ListBuckets`.
 *
 * @throws {CorruptDataError} if it is none.
 */
export function parseBucketList(text: string): string[] {
  return childrenOf(rootOf(text, "ListAllMyBucketsResult"), "Buckets").flatMap((buckets) =>
    childrenOf(buckets, "Bucket").map((bucket) => required(bucket, "Name"))
  );
}

/** Reads the answer of a refused request. @returns undefined if it is none of an object store. */
export function parseErrorAnswer(text: string): ErrorAnswer | undefined {
  try {
    const root = rootOf(text, "Error");
    return {
      code: textOf(root, "Code") ?? "",
      message: textOf(root, "Message") ?? "",
      region: textOf(root, "Region"),
    };
  } catch (error) {
    if (error instanceof CorruptDataError) return undefined;
    throw error;
  }
}

/** An entity tag without its quotes. */
export function unquoted(etag: string): string {
  return etag.startsWith('"') && etag.endsWith('"') && etag.length > 1 ? etag.slice(1, -1) : etag;
}

function rootOf(text: string, name: string): XmlElement {
  const root = parseXml(text);
  if (root.name !== name) throw new CorruptDataError(`the answer is not a ${name}`);
  return root;
}

function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

function textOf(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

function required(parent: XmlElement, name: string): string {
  const text = textOf(parent, name);
  if (text === undefined || text === "") {
    throw new CorruptDataError(`the answer has a ${parent.name} without ${name}`);
  }
  return text;
}
