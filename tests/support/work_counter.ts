import { Session } from "node:inspector/promises";

/** What something cost. */
export interface Work {
  /** Blocks of code that were executed, and bytes, characters or elements that built-ins went over. */
  readonly steps: number;
  /** Bytes of all objects and buffers that were made, kept or not: memory was never more. */
  readonly allocatedBytes: number;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;
/**
 * What a built-in goes over, by what it was called on and with, and what it returned; for patterns also
 * by where they began to look.
 */
type Measure = (
  self: unknown,
  args: readonly unknown[],
  result: unknown,
  lastIndex: number,
) => number;

const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return typeof value === "object" && value !== null && "length" in value
    ? Number(value.length)
    : 0;
};
const ofSelf: Measure = (self) => sizeOf(self);
const ofResult: Measure = (_self, _args, result) => sizeOf(result);
const ofArgument: Measure = (_self, [first]) => sizeOf(first);
const ofSearch: Measure = (self, [, from = 0], found) =>
  typeof found === "number" && found >= 0 ? found + 1 - Number(from) : sizeOf(self) - Number(from);
const ofSearchBack: Measure = (self, [, from = sizeOf(self)], found) =>
  Number(from) - Number(found);
const ofPattern: Measure = (self, [text], result, lastIndex) => {
  const { global, sticky, lastIndex: end } = self as RegExp;
  if (!(global || sticky)) return sizeOf(text);
  return (result ? end : sticky ? lastIndex : sizeOf(text)) - lastIndex + 1;
};
const ofBoth: Measure = (self, _args, result) => sizeOf(self) + sizeOf(result);

const TYPED = Object.getPrototypeOf(Uint8Array.prototype);
/** Built-ins that take longer the more they are given. */
const BUILT_INS: readonly [object, Measure, readonly string[]][] = [
  [TYPED, ofResult, ["slice"]],
  [TYPED, ofArgument, ["set"]],
  [TYPED, ofSelf, ["fill", "includes", "sort", "join", "reverse"]],
  [TYPED, ofSearch, ["indexOf"]],
  [TYPED, ofSearchBack, ["lastIndexOf"]],
  [Array.prototype, ofSelf, ["includes", "join", "sort", "reverse", "unshift", "splice"]],
  [Array.prototype, ofSearch, ["indexOf"]],
  [Array.prototype, ofResult, ["slice", "concat", "flat"]],
  [String.prototype, ofSelf, ["includes", "split", "trim", "trimEnd"]],
  [String.prototype, ofSearch, ["indexOf"]],
  [String.prototype, ofSearchBack, ["lastIndexOf"]],
  [String.prototype, ofSelf, ["trimStart", "toLowerCase", "toUpperCase", "isWellFormed"]],
  [String.prototype, ofBoth, ["replace", "replaceAll", "normalize"]],
  [String.prototype, ofResult, ["repeat", "padStart", "padEnd"]],
  [RegExp.prototype, ofPattern, ["exec", "test"]],
  [TextDecoder.prototype, ofArgument, ["decode"]],
  [TextEncoder.prototype, ofArgument, ["encode"]],
  [JSON, (_self, [first], result) => sizeOf(first) + sizeOf(result), ["parse", "stringify"]],
];

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}
interface HeapNode {
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/**
 * Counts what code of this project does, in steps instead of seconds: by the engine's counters of
 * executed blocks, and the lengths that built-in functions are given. One at a time.
 */
export class WorkCounter implements Disposable {
  readonly #session = new Session();
  #builtInSteps = 0;
  #bufferBytes = 0;

  private constructor() {
    this.#session.connect();
  }

  /** Starts the engine's counters, which slow everything down until the counter is disposed. */
  static async start(): Promise<WorkCounter> {
    const counter = new WorkCounter();
    await counter.#session.post("Profiler.enable");
    await counter.#session.post("Profiler.startPreciseCoverage", {
      callCount: true,
      detailed: true,
    });
    return counter;
  }

  /** Runs something and counts. */
  async count(run: () => unknown): Promise<Work> {
    const session = this.#session;
    await session.post("HeapProfiler.startSampling", {
      samplingInterval: 4096,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    } as never);
    await session.post("Profiler.takePreciseCoverage");
    this.#builtInSteps = 0;
    this.#bufferBytes = 0;
    const restore = this.#watchBuiltIns();
    try {
      await run();
    } finally {
      restore();
    }
    const coverage = await session.post("Profiler.takePreciseCoverage") as unknown as Coverage;
    const { profile } = await session.post("HeapProfiler.stopSampling") as unknown as {
      profile: { head: HeapNode };
    };
    let steps = this.#builtInSteps;
    for (const { url, functions } of coverage.result) {
      if (!/\/(?:lib|cli|ffi)\/[^?]*\.ts$/.test(url)) continue;
      for (const { ranges } of functions) for (const { count } of ranges) steps += count;
    }
    return { steps, allocatedBytes: heapBytes(profile.head) + this.#bufferBytes };
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #watchBuiltIns(): () => void {
    const undo: (() => void)[] = [];
    for (const [holder, measure, names] of BUILT_INS) {
      for (const name of names) {
        const methods = holder as Record<string, Method>;
        const original = methods[name]!;
        const note = (steps: number) => void (this.#builtInSteps += steps);
        methods[name] = function (...args: unknown[]): unknown {
          const lastIndex = this instanceof RegExp ? this.lastIndex : 0;
          const result = original.apply(this, args);
          note(measure(this, args, result, lastIndex));
          return result;
        };
        undo.push(() => void (methods[name] = original));
      }
    }
    const OriginalBytes = globalThis.Uint8Array;
    const noteBytes = (bytes: number) => void (this.#bufferBytes += bytes);
    globalThis.Uint8Array = new Proxy(OriginalBytes, {
      construct(target, args, newTarget) {
        const made = Reflect.construct(target, args, newTarget);
        if (!(args[0] instanceof ArrayBuffer)) noteBytes(made.byteLength);
        return made;
      },
    });
    undo.push(() => void (globalThis.Uint8Array = OriginalBytes));
    return () => undo.forEach((each) => each());
  }
}

function heapBytes(node: HeapNode): number {
  let sum = 0;
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    sum += next.selfSize;
    pending.push(...next.children);
  }
  return sum;
}
