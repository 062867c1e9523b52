/** How fast bodies have to get on over a connection, all of them together. */
export interface MinimumPace {
  /** At least this many bytes, or the ends of the bodies, */
  readonly stepBytes: number;
  /** in this time; it is looked every quarter of it. */
  readonly withinMs: number;
}
