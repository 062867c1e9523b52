/** A body as it was recorded: text, or what is known of bytes. */
export type RecordedBody = string | {
  readonly length: number;
  readonly sha256: string;
  readonly hex?: string;
};

/** One request to a real server with its complete answer (tests/vectors/real/README.md). */
export interface Probe {
  /** `area/what`. */
  readonly name: string;
  readonly why: string;
  readonly transport: "rest" | "backup" | "reader";
  readonly setup: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: RecordedBody;
  };
  readonly response: {
    /** Null if there was no HTTP answer. */
    readonly status: number | null;
    readonly "content-type": string | null;
    readonly body: RecordedBody | null;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** All recorded probes in their order. */
export function loadProbes(): Probe[] {
  const url = new URL("../../vectors/real/protocol-probes.json", import.meta.url);
  return JSON.parse(Deno.readTextFileSync(url));
}

/** The area of a probe, `upgrade/backup` or `rest`. */
export function areaOf({ name }: Probe): string {
  return name.slice(0, name.lastIndexOf("/"));
}

/** Who asks, as far as the setup says so: an auth id. */
export function askerOf({ setup }: Probe): string | undefined {
  return /\[as (?:ticket of|API token) ([^\s\]]+)/.exec(setup)?.[1];
}
