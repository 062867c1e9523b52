import { MemoryObjectStore } from "../support/memory_object_store.ts";

/** A bucket that several actors see at once, and whose clock a test sets. */
export class SharedMemory {
  readonly objects: MemoryObjectStore["objects"] = new Map();
  /** Seconds since the epoch, by the store's clock. */
  time = 1_800_000_000;

  /** What one of them has of it: requests of others do not come through it. */
  store(): MemoryObjectStore {
    const store = new MemoryObjectStore(() => this.time);
    Object.defineProperty(store, "objects", { value: this.objects });
    return store;
  }
}
