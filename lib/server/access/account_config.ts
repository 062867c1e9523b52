/** A user or an API token; secrets are kept elsewhere. */
export interface AccountConfig {
  /** `name@realm`, or `name@realm!token`. */
  readonly authId: string;
  readonly enabled: boolean;
  /** Seconds since the epoch; 0 for never. */
  readonly expire: number;
  readonly comment?: string;
}
