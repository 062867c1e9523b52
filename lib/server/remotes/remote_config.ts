/** Another server that this one exchanges snapshots with. */
export interface RemoteConfig {
  readonly name: string;
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  /** User or API token of that server. */
  readonly authId: string;
  /** Password of the user, or the token's secret. */
  readonly password: string;
  /** SHA-256 of its certificate, if no authority of the system vouches for it. */
  readonly fingerprint?: string | undefined;
  readonly comment?: string | undefined;
}

/** A change of a remote, by the names of the file. */
export interface RemoteChange {
  /** `password` as it is. */
  readonly set: Readonly<Record<string, string | number>>;
  /** Names of properties that are removed. */
  readonly remove?: readonly string[];
  /** The file's digest as it was when somebody looked. */
  readonly digest?: string | undefined;
}
