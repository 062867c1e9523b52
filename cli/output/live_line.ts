import { liveText } from "./live_text.ts";
import type { Output } from "./output.ts";

const PERIOD_MS = 200;

/** A line at the foot of a terminal that shows a state again and again until it is disposed of. */
export class LiveLine<State> implements Disposable {
  #state: State | undefined;
  readonly #started = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  /** @param describe The text for a state, and for how many seconds it has been going on. */
  constructor(
    private readonly output: Output,
    private readonly describe: (state: State, seconds: number) => string,
  ) {
    if (!output.hasLiveLine) return;
    this.#timer = setInterval(() => this.#show(), PERIOD_MS);
  }

  /** The state to show; the first one immediately, later ones now and then. */
  set state(state: State) {
    const isFirst = this.#state === undefined;
    this.#state = state;
    if (isFirst && this.#timer !== undefined) this.#show();
  }

  #show(): void {
    if (this.#state === undefined) return;
    const seconds = (performance.now() - this.#started) / 1000;
    this.output.setLiveLine(liveText(this.describe(this.#state, seconds)));
  }

  /** Removes the line. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.output.clearLiveLine();
  }
}
