import { encodeHex } from "../../../lib/bytes/mod.ts";
import type { HeaderField } from "../../../lib/http/mod.ts";
import { DenoConnDuplex } from "../../../lib/duplex/mod.ts";
import { Http2Client } from "../../../lib/http2/mod.ts";
import { formatUpid, parseUpid } from "../../../lib/repository/mod.ts";
import { compareAnswer } from "./compare_answer.ts";
import { areaOf, askerOf, type Probe } from "./probe.ts";
import { DEFAULT_ASKER, PASSWORD, SECRET, TOTP_USER, totpCode } from "./probe_accounts.ts";
import { probeBody } from "./probe_bodies.ts";
import { ProbeWorld, Upgraded } from "./probe_world.ts";
import { type RawAnswer, RawClient } from "./raw_client.ts";

/** What a scene may prepare: connections that probes are sent on, digests that stand for others. */
export interface Stage {
  readonly world: ProbeWorld;
  /** Where probes of the backup protocol go. */
  backup: Upgraded | undefined;
  /** Where probes of the reader protocol go. */
  reader: Upgraded | undefined;
  /** The connection that the last kept upgrade probe made. */
  kept: Upgraded | undefined;
  /** Recorded digests whose content is not recorded, and ours. */
  readonly digests: Map<string, string>;
}

/** Brings the server into the state in which a probe was recorded. */
export type Scene = (stage: Stage) => Promise<void>;

/** How to walk through the probes. */
export interface WalkPlan {
  /** By the name of the probe in front of which they are played. */
  readonly scenes: Readonly<Record<string, Scene>>;
  /** Upgrade probes whose connection stays open for what follows. */
  readonly keep: ReadonlySet<string>;
}

/** What came of one probe. */
export interface ProbeResult {
  readonly name: string;
  readonly area: string;
  /** Undefined if the answers agree. */
  readonly difference: string | undefined;
}

/** Sends all probes in their order. */
export async function walkProbes(
  probes: readonly Probe[],
  plan: WalkPlan,
): Promise<ProbeResult[]> {
  await using world = await ProbeWorld.create();
  const stage: Stage = {
    world,
    backup: undefined,
    reader: undefined,
    kept: undefined,
    digests: new Map(),
  };
  const results: ProbeResult[] = [];
  for (const probe of probes) {
    let difference: string | undefined;
    try {
      await plan.scenes[probe.name]?.(stage);
      difference = compareAnswer(probe, await send(probe, stage, plan));
    } catch (error) {
      difference = `could not be sent: ${error instanceof Error ? error.message : error}`;
    }
    results.push({ name: probe.name, area: areaOf(probe), difference });
  }
  return results;
}

async function send(probe: Probe, stage: Stage, plan: WalkPlan): Promise<RawAnswer | undefined> {
  const { query, body } = await probeBody(probe, stage);
  const version = probe.name.endsWith("http10") ? "1.0" : "1.1";
  const target = fillIn(
    probe,
    stage,
    query === "" ? probe.request.path : `${probe.request.path}?${query}`,
  );
  if (probe.transport !== "rest") {
    const connection = stage[probe.transport];
    if (connection === undefined) throw new Error(`no ${probe.transport} connection`);
    const headers = Object.entries(probe.request.headers);
    try {
      return await connection.send(probe.request.method, target, body, headers);
    } catch {
      return undefined;
    }
  }
  if (probe.name.startsWith("transport/h2-")) return await sendOverHttp2(probe, stage);
  if (probe.name.startsWith("transport/plain-")) return await sendWithoutTls(probe, stage);
  const upgrade = "upgrade" in probe.request.headers;
  const raw = upgrade ? new RawClient(await stage.world.dial()) : await stage.world.raw();
  const answer = await raw.request({
    method: probe.request.method,
    target,
    version,
    headers: headersOf(probe, stage),
    body,
  });
  if (!upgrade) {
    if (answer === undefined || answer.headers.get("connection") === "close") stage.world.dropRaw();
    return answer;
  }
  await afterUpgrade(probe, stage, raw, answer, plan);
  return answer;
}

async function afterUpgrade(
  probe: Probe,
  stage: Stage,
  raw: RawClient,
  answer: RawAnswer | undefined,
  plan: WalkPlan,
): Promise<void> {
  if (answer?.status !== 101) return raw.duplex.abort();
  const upgraded = new Upgraded(new Http2Client(raw.rest()));
  if (plan.keep.has(probe.name)) stage.kept = stage.world.adopt(upgraded);
  else await stage.world.close(upgraded);
}

async function sendWithoutTls(probe: Probe, { world }: Stage): Promise<RawAnswer | undefined> {
  const { method, path, query, headers } = probe.request;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: world.server.port });
  const raw = new RawClient(new DenoConnDuplex(connection, "the server"));
  const answer = await raw.request({
    method,
    target: query === "" ? path : `${path}?${query}`,
    version: probe.name.includes("http10") ? "1.0" : "1.1",
    headers: Object.entries(headers),
    body: new Uint8Array(0),
  });
  raw.duplex.abort();
  const { location } = probe.response.headers ?? {};
  if (answer?.headers.get("location") !== location) throw new Error("another location");
  return answer;
}

async function sendOverHttp2(probe: Probe, { world }: Stage): Promise<RawAnswer> {
  const client = new Http2Client(await world.dial());
  const response = await client.request({
    method: probe.request.method,
    path: probe.name.endsWith("upgrade-impossible")
      ? `${probe.request.path}?store=audit-proto&backup-type=host&backup-id=h2&backup-time=1700000000`
      : probe.request.path,
    headers: world.identify(DEFAULT_ASKER),
  });
  const body = await response.body.bytes(10_000);
  client.abort();
  return { status: response.status, headers: new Map(response.headers.list), body };
}

/** Puts our secrets, task identifiers and digests where the recording has its own or a mask. */
function fillIn(probe: Probe, stage: Stage, text: string): string {
  let filled = text.replace(/UPID(?:%3A|:)[^/?&"]+/g, (upid) => ourUpid(upid, stage));
  filled = filled.replace(/<(\d+) times a>/g, (_, count) => "a".repeat(Number(count)));
  return fillSecrets(probe, stage, filled);
}

/** As {@linkcode fillIn}, for bodies. */
export function fillSecrets(probe: Probe, stage: Stage, text: string): string {
  let filled = text.replaceAll("<password>", PASSWORD).replaceAll("<token-secret>", SECRET)
    .replaceAll("<code>", () => probe.name.endsWith("-ok") ? totpCode() : "000000");
  filled = filled.replaceAll(
    /PBS:([a-z-]+@pbs):<time>::<signature>/g,
    (_, user) => ticketFor(probe, stage, user),
  );
  const { signer } = stage.world.server.access;
  filled = filled.replaceAll(
    /PBS:!tfa!.*?<time>::<signature>/g,
    () => JSON.stringify(signer.createChallengeTicket(TOTP_USER, { totp: true })).slice(1, -1),
  );
  for (const [recorded, ours] of stage.digests) filled = filled.replaceAll(recorded, ours);
  return filled;
}

function ticketFor(probe: Probe, { world }: Stage, user: string): string {
  const ticket = world.server.access.signer.createTicket(user);
  return probe.name.includes("garbled") ? `${ticket.slice(0, -4)}AAAA` : ticket;
}

function headersOf(probe: Probe, stage: Stage): HeaderField[] {
  const { world } = stage;
  const { signer } = world.server.access;
  const given = probe.request.headers;
  const asker = askerOf(probe) ?? ASKERS[probe.name] ?? "test@pbs";
  const fields: HeaderField[] = [["host", "127.0.0.1:8007"]];
  for (const [name, value] of Object.entries(given)) {
    if (name === "csrfpreventiontoken" && value === "<csrf-token>") {
      const user = probe.name === "auth/csrf-of-other-user" ? "pa-none@pbs" : asker;
      const token = signer.createCsrfToken(user);
      fields.push([
        name,
        probe.name === "auth/csrf-bad-post" ? `${token.slice(0, -4)}AAAA` : token,
      ]);
    } else if (name === "cookie") {
      const filled = fillSecrets(probe, stage, value)
        .replaceAll("<ticket>", signer.createTicket(asker))
        .replace(
          /^PBSAuthCookie=PBS%3Atest%40pbs%3A.*$/,
          () => `PBSAuthCookie=${encodeURIComponent(signer.createTicket("test@pbs"))}`,
        );
      if (probe.name === "auth/cookie-host-priority-bad-host") {
        fields.push([name, "__Host-PBSAuthCookie=garbage"]);
      }
      fields.push([
        name,
        probe.name === "tfa/partial-ticket-unusable"
          ? `PBSAuthCookie=${
            encodeURIComponent(signer.createChallengeTicket(TOTP_USER, { totp: true }))
          }`
          : filled,
      ]);
    } else if (name === "authorization") {
      const encoded = encodeHex(new TextEncoder().encode(SECRET)).replace(/../g, "%$&");
      fields.push([
        name,
        value.replace(/<token-secret, every byte[^>]*>/, encoded)
          .replaceAll("<token-secret>", SECRET).replaceAll("<password>", PASSWORD),
      ]);
    } else if (name !== "host") fields.push([name, value]);
  }
  const anonymous = !("cookie" in given) && !("authorization" in given);
  if (anonymous && probe.response.status !== 401 && probe.request.path !== "/api2/json/ping") {
    fields.push(...world.identify(DEFAULT_ASKER));
  }
  return fields;
}

/** Who asks where only the reason of the probe says it. */
const ASKERS: Readonly<Record<string, string>> = {
  "auth/static-permission": "pa-none@pbs",
  "auth/static-permission-status": "pa-none@pbs",
  "auth/static-permission-gc": "pa-audit@pbs",
  "auth/own-permissions": "pa-backup@pbs",
  "auth/own-permissions-path": "pa-backup@pbs",
  "auth/own-token-permissions": "pa-backup@pbs",
};

/** The newest task of ours that is what a recorded one was. */
function ourUpid(text: string, { world }: Stage): string {
  let recorded;
  try {
    recorded = parseUpid(decodeURIComponent(text));
  } catch {
    return text;
  }
  const { workerType, workerId, authId } = recorded;
  const ours = world.server.server.state.tasks.list().find(({ upid }) =>
    upid.workerType === workerType && upid.workerId === workerId && upid.authId === authId
  );
  if (ours === undefined) return text;
  const id = formatUpid(ours.upid);
  if (!text.includes("%3A")) return text.includes("%5C") ? id.replaceAll("\\", "%5C") : id;
  const encoded = encodeURIComponent(id).replaceAll("!", "%21");
  return text.includes("000050ed")
    ? encoded.replace(/%3A[0-9A-F]{8}/g, (hex) => hex.slice(0, 3) + hex.slice(3).toLowerCase())
    : encoded;
}
