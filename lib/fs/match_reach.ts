import { GlobKind } from "../../ffi/native_layout.ts";
import { bytesEqual } from "../bytes/mod.ts";
import type { Glob } from "./match_glob.ts";
import type { MatchList } from "./match_list.ts";

const SLASH = 0x2f;

/** A component of a path: its bytes, any name, or any number of any names. */
type Step = Uint8Array | "name" | "path";

/** Position of a pattern on the way down. */
interface Way {
  readonly steps: readonly Step[];
  readonly at: number;
}

/**
 * Reach of the including patterns of a match list below a directory that no pattern has
 * selected. Rather too much than too little: wildcards count as any name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MatchEntry } from "./match_entry.ts";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * const root = MatchReach.of([new MatchEntry(bytes("/etc/ssh"), "include")]);
 * assertEquals(root.names, [bytes("etc")]);
 * assertEquals(root.below(bytes("etc")).names, [bytes("ssh")]);
 * assertEquals(root.below(bytes("usr")).names, []);
 * ```
 */
export class MatchReach {
  readonly #ways: readonly Way[];

  private constructor(ways: readonly Way[]) {
    this.#ways = ways;
  }

  /** The reach from the root. */
  static of(list: MatchList): MatchReach {
    return new MatchReach(
      list.filter(({ type }) => type === "include").map(({ glob }) => ({
        steps: stepsOf(glob),
        at: 0,
      })),
    );
  }

  /** The reach of a directory of the directory at hand. */
  below(name: Uint8Array): MatchReach {
    const ways: Way[] = [];
    for (const way of this.#ways) {
      const step = way.steps[way.at];
      if (step === "path") ways.push(way);
      else if (step === "name" || step !== undefined && bytesEqual(step, name)) {
        ways.push({ steps: way.steps, at: way.at + 1 });
      }
    }
    return new MatchReach(ways);
  }

  /** The only names in the directory at hand that can matter; undefined for any. */
  get names(): readonly Uint8Array[] | undefined {
    const names: Uint8Array[] = [];
    for (const { steps, at } of this.#ways) {
      const step = steps[at];
      if (step === "name" || step === "path") return undefined;
      if (step !== undefined && !names.some((name) => bytesEqual(name, step))) names.push(step);
    }
    return names;
  }
}

/** A pattern that does not begin with a slash matches at any depth (spec: pxar.md §5.3.2). */
function stepsOf(glob: Glob): Step[] {
  if (glob.components[0]?.literal?.[0] !== SLASH) return ["path"];
  const steps: Step[] = [];
  let literal: number[] = [];
  let isWild = false;
  const end = () => {
    steps.push(isWild ? "name" : new Uint8Array(literal));
    literal = [];
    isWild = false;
  };
  let isFirst = true;
  for (const { kind, literal: bytes, members } of glob.components) {
    const crosses = kind === GlobKind.StarStar ||
      kind === GlobKind.Class && members![SLASH] === 1;
    if (crosses) return [...steps, "path"];
    if (kind !== GlobKind.Literal) isWild = true;
    for (const byte of bytes ?? []) {
      if (byte !== SLASH) literal.push(byte);
      else if (isFirst) isFirst = false;
      else end();
    }
  }
  end();
  return steps;
}
