import type { ExtractReport, TreeExtractor } from "../fs/mod.ts";

/** Extractor as a restore of a tree uses it. */
export type RestoringExtractor = Pick<TreeExtractor, keyof TreeExtractor>;

const NOTHING = {
  files: 0,
  directories: 0,
  symlinks: 0,
  hardlinks: 0,
  nodes: 0,
  bytes: 0,
  errorCount: 0,
};

/** Takes everything and makes nothing: for restores that only tell what they would do. */
export class DryExtractor implements RestoringExtractor {
  readonly pendingBytes = 0;
  readonly errorCount = 0;
  readonly made: Omit<ExtractReport, "errors"> = NOTHING;

  root(): void {}
  enterDirectory(): void {}
  leaveDirectory(): void {}
  useChunk(): void {}
  beginFile(): boolean {
    return false;
  }
  data(): void {}
  inlineData(): void {}
  endFile(): void {}
  dropFile(): void {}
  symlink(): void {}
  hardlink(): void {}
  device(): void {}
  fifo(): void {}
  socket(): void {}
  mend(): void {}
  remove(): void {}
  submit(): Promise<void> {
    return Promise.resolve();
  }
  takeFinishedTokens(): number[] {
    return [];
  }
  finishedTokens(): Promise<number[]> {
    return Promise.resolve([]);
  }
  finish(): Promise<ExtractReport> {
    return Promise.resolve({ ...NOTHING, errors: [] });
  }
  abort(): Promise<void> {
    return Promise.resolve();
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}
