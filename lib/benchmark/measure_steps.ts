import { pipelineStep } from "../../ffi/pipeline.ts";
import { PipelineStep } from "../../ffi/native_layout.ts";
import { encodeBlob } from "../blob/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { SystemError } from "../errors/mod.ts";
import { counterBytes } from "../bytes/mod.ts";
import type { MeasuredTransfer } from "../repository/mod.ts";
import { repeatFor } from "./_repeat_for.ts";

/** The steps, by the names that they have in JSON. */
export type StepName = "sha256" | "compress" | "decompress" | "aes256_gcm" | "verify";

/** Hears of each step that was measured. */
export type StepObserver = (name: StepName, measured: MeasuredTransfer) => void;

/** Length of the buffer that is worked on (spec: client-pipeline.md §8). */
const BUFFER_BYTES = 1024 * 1024;
/** For what does not get smaller by compression. */
const FRAME_ROOM_BYTES = BUFFER_BYTES + 64 * 1024;

/** Milliseconds that each step is repeated for. */
const DURATIONS_MS: Readonly<Record<StepName, number>> = {
  sha256: 1000,
  compress: 3000,
  decompress: 1000,
  aes256_gcm: 1000,
  verify: 1000,
};

/**
 * Measures the steps of the chunk pipeline one after the other, each alone on one thread, in the order
 * of spec client-pipeline.md §8.
 *
 * @param observer Called when a step is done.
 * @param share Part of the usual time to take; 1 for all of it.
 * @param signal Ends the measurement between two buffers.
 */
export async function measureSteps(
  observer: StepObserver,
  share: number,
  signal: AbortSignal,
): Promise<void> {
  const input = counterBytes(BUFFER_BYTES);
  const output = new Uint8Array(FRAME_ROOM_BYTES);
  const key = crypto.getRandomValues(new Uint8Array(32));
  const frame = new Uint8Array(FRAME_ROOM_BYTES);
  const frameLength = step("compress", PipelineStep.Compress, input, frame);
  const compressed = frame.subarray(0, frameLength);
  const digest = new Uint8Array(32);
  step("hash", PipelineStep.Digest, input, digest);
  const blob = await encodeBlob(input, { compress: true });
  using decoder = new ChunkDecoder();
  const expected = { digest, size: BUFFER_BYTES, encrypted: false };
  const works: readonly (readonly [StepName, () => void | Promise<void>])[] = [
    ["sha256", () => void step("hash", PipelineStep.Digest, input, output)],
    ["compress", () => void step("compress", PipelineStep.Compress, input, output)],
    [
      "decompress",
      () =>
        void step(
          "decompress",
          PipelineStep.Decompress,
          compressed,
          output.subarray(0, BUFFER_BYTES),
        ),
    ],
    ["aes256_gcm", () => void step("encrypt", PipelineStep.Encrypt, input, output, key)],
    ["verify", async () => {
      const chunk = await decoder.decode(expected, (buffer) => {
        buffer(blob.byteLength).set(blob);
        return Promise.resolve();
      });
      chunk.release();
    }],
  ];
  for (const [name, work] of works) {
    observer(name, await repeatFor(DURATIONS_MS[name] * share, BUFFER_BYTES, work, signal));
  }
}

function step(
  what: string,
  kind: number,
  input: Uint8Array<ArrayBuffer>,
  output: Uint8Array<ArrayBuffer>,
  key?: Uint8Array<ArrayBuffer>,
): number {
  const status = pipelineStep(kind, input, output, key);
  if (status < 0) throw new SystemError(-status, `cannot ${what} ${input.byteLength} bytes`);
  return status;
}
