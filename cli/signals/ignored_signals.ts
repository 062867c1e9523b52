/** Looked up once: with the first listener the runtime stops ignoring any. */
let atStart: ReadonlySet<number> | undefined;

/**
 * Numbers of the signals that whoever started this process wanted ignored, as `nohup` does: those that
 * it ignores before it listens to any. Empty where the kernel does not tell.
 */
export function ignoredSignals(): ReadonlySet<number> {
  return atStart ??= readIgnored();
}

function readIgnored(): ReadonlySet<number> {
  let status: string;
  try {
    status = Deno.readTextFileSync("/proc/self/status");
  } catch {
    return new Set();
  }
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return new Set(
    Array.from({ length: 64 }, (_, bit) => bit + 1).filter((number) =>
      mask >> BigInt(number - 1) & 1n
    ),
  );
}
