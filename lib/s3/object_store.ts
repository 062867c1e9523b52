/** An object as a listing shows it. */
export interface ListedObject {
  /** Whole key. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Text that is another one when the content is; not always a checksum. */
  readonly etag: string;
  /** Time of its last writing by the store's clock, seconds since the epoch. */
  readonly modificationTime: number;
}

/** A part of a listing, in the order of the keys. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** The store's clock when it answered, seconds since the epoch; undefined if it does not tell. */
  readonly date: number | undefined;
}

/** An object that was read. */
export interface ReadObject {
  /** Bytes; in memory of the caller if it gave some. */
  readonly content: Uint8Array;
  readonly etag: string;
}

/** The beginning of an object. */
export interface ObjectStart {
  /** Its first bytes, as many as were asked for or the object has. */
  readonly bytes: Uint8Array;
  /** Bytes of the whole object. */
  readonly size: number;
}

/** How an object is written. */
export interface PutObject {
  /** Writes only if there is no object of that key. */
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal;
  /** Called before each attempt, however late it is; what it throws ends the call. */
  readonly beforeAttempt?: () => void;
}

/** How objects are removed. */
export type RemoveObjects = Pick<PutObject, "beforeAttempt">;

/**
 * Objects of one bucket by their keys: all that the rooms above know of an object store. What was
 * written is seen by every later call of anybody (spec: s3-datastore.md §12). The real form speaks S3;
 * tests have one in memory.
 */
export interface ObjectStore extends AsyncDisposable {
  /** Name in messages, without secrets. */
  readonly displayName: string;
  /**
   * Reads an object whole.
   *
   * @param buffer Called with its length in bytes; returns where to put it. Default: new memory.
   * @returns undefined if there is none.
   */
  get(
    key: string,
    buffer?: (length: number) => Uint8Array,
    signal?: AbortSignal,
  ): Promise<ReadObject | undefined>;
  /**
   * Reads the beginning of an object, without the rest of it where the store can do so.
   *
   * @param length Bytes.
   * @returns undefined if there is none.
   */
  readStart(key: string, length: number): Promise<ObjectStart | undefined>;
  /**
   * Writes an object whole.
   *
   * @param content Must stay as it is until the call has settled; may lie in native memory.
   * @returns `exists` if it was to be written only if absent, and is there.
   */
  put(key: string, content: Uint8Array, options?: PutObject): Promise<"stored" | "exists">;
  /** Copies an object within the store. @returns Whether there is such an object. */
  copy(from: string, to: string): Promise<boolean>;
  /** Removes an object. One that is not there is fine. */
  remove(key: string): Promise<void>;
  /**
   * Removes objects, a thousand in a request.
   *
   * @throws if some could not be removed.
   */
  removeAll(keys: readonly string[], options?: RemoveObjects): Promise<void>;
  /**
   * Lists the objects whose keys begin with a prefix, by key. What is written or removed meanwhile may be
   * seen or not.
   */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedPage>;
}
