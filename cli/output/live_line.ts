import type { Output } from "./output.ts";

const PERIOD_MS = 200;

/** A line at the foot of a terminal that shows a state again and again until it is disposed of. */
export class LiveLine<State> implements Disposable {
  /** What is shown; undefined for nothing. */
  state: State | undefined;
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  /** @param describe The text for a state, and for how many seconds it has been going on. */
  constructor(
    private readonly output: Output,
    describe: (state: State, seconds: number) => string,
  ) {
    if (!output.hasLiveLine) return;
    const started = performance.now();
    this.#timer = setInterval(() => {
      if (this.state === undefined) return;
      output.setLiveLine(describe(this.state, (performance.now() - started) / 1000));
    }, PERIOD_MS);
  }

  /** Removes the line. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.output.setLiveLine("");
  }
}
