import { Errno } from "../../ffi/errno.ts";
import type { Datastore } from "../../lib/datastore/mod.ts";
import { SystemError } from "../../lib/errors/mod.ts";

/** One of the steps of some work that is to fail, counted from 1. */
export class FailingStep {
  #count = 0;
  /** What failed, once it has. */
  failed: string | undefined;

  /** @param whenDone Whether the step does its work before it fails. */
  constructor(readonly number: number, readonly whenDone: boolean) {}

  /** Counts a step. @returns Whether it is the one. */
  isNext(name: string): boolean {
    if (++this.#count !== this.number) return false;
    this.failed = name;
    return true;
  }

  /** What the step throws. */
  get error(): SystemError {
    return new SystemError(Errno.EIO, `step "${this.failed}" was made to fail`);
  }
}

/** Steps whose result is another part, with steps of its own. */
const MAKE_PARTS = new Set(["files.create", "files.watchWrites"]);
/** Steps that nobody can undo if they fail after their work. */
const NEVER_WHEN_DONE = new Set(["locks.acquire", "processLock.acquireShared", ...MAKE_PARTS]);

/** A datastore one of whose steps fails: calls on its files, its locks and its chunks. */
export function failingDatastore(datastore: Datastore, step: FailingStep): Datastore {
  const parts = {
    files: failingPart("files", datastore.files, step),
    locks: failingPart("locks", datastore.locks, step),
    processLock: failingPart("processLock", datastore.processLock, step),
    chunks: failingPart("chunks", datastore.chunks, step),
  };
  return new Proxy(datastore, {
    get: (target, name) =>
      name in parts ? parts[name as keyof typeof parts] : Reflect.get(target, name, target),
  });
}

function failingPart<T extends object>(part: string, object: T, step: FailingStep): T {
  return new Proxy(object, {
    get: (target, key) => {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (typeof key === "symbol") return value.bind(target);
      const name = `${part}.${key}`;
      const asPart = (result: object) =>
        MAKE_PARTS.has(name) ? failingPart(name, result, step) : result;
      return (...args: unknown[]) => {
        if (step.whenDone && NEVER_WHEN_DONE.has(name)) return asPart(value.apply(target, args));
        const fails = step.isNext(name);
        if (fails && !step.whenDone) throw step.error;
        const result = value.apply(target, args);
        if (result instanceof Promise) {
          return result.then((settled) => {
            if (fails) throw step.error;
            return settled;
          });
        }
        if (fails) throw step.error;
        return asPart(result);
      };
    },
  });
}
