/** Knowledge of a delivery beside its message. */
export interface DeliveryContext {
  /** Variables of the process, for credentials and proxies. */
  readonly environment: { get(name: string): string | undefined };
  /** Name of this machine. */
  readonly host: string;
  readonly signal: AbortSignal | undefined;
}
