/** One number, with what tells it from others of its family. */
export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Numbers of one name. */
export interface MetricFamily {
  /** Letters, digits and `_`; ends with the unit if there is one; a counter without `_total`. */
  readonly name: string;
  readonly type: "gauge" | "counter" | "info";
  readonly unit?: string;
  /** One sentence. */
  readonly help: string;
  readonly samples: readonly MetricSample[];
}
