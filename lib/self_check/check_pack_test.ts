import { assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import { concatBytes } from "../bytes/mod.ts";
import { checkPack } from "./check_pack.ts";

const encoder = new TextEncoder();
const FILES = [
  { path: "deno", isExecutable: true, bytes: encoder.encode("the runtime") },
  { path: "lib/libc.so.6", isExecutable: false, bytes: new Uint8Array(5000).fill(7) },
];

/** A packed executable and what it was unpacked to, both small. */
class Packed implements Disposable {
  readonly top = Deno.makeTempDirSync({ dir: "/dev/shm" });
  readonly executable = `${this.top}/pbs-client`;
  readonly folder = `${this.top}/unpacked`;

  constructor() {
    Deno.mkdirSync(`${this.folder}/lib`, { recursive: true });
    for (const { path, isExecutable, bytes } of FILES) {
      Deno.writeFileSync(`${this.folder}/${path}`, bytes, { mode: isExecutable ? 0o700 : 0o600 });
    }
    Deno.writeFileSync(this.executable, executableBytes());
  }

  /** Verdicts by part. */
  verdicts(): Record<string, string> {
    const findings = checkPack(this.executable, this.folder);
    return Object.fromEntries(findings.map(({ part, verdict }) => [part, verdict]));
  }

  details(): string {
    return checkPack(this.executable, this.folder).map(({ detail }) => detail).join("\n");
  }

  /** Turns one bit of a file over. */
  damage(path: string, at: number): void {
    const bytes = Deno.readFileSync(path);
    bytes[at]! ^= 1;
    Deno.writeFileSync(path, bytes);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.top, { recursive: true });
  }
}

/** As `scripts/pack` writes it, around a launcher that is none. */
function executableBytes(): Uint8Array<ArrayBuffer> {
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  const launcher = encoder.encode("launcher");
  const plain = concatBytes(FILES.map(({ bytes }) => bytes));
  const frame = zstdCompressSync(plain);
  const digest = sha256(plain).toString("hex");
  const table = encoder.encode([
    "version 0.0.1",
    `frame ${launcher.length} ${frame.length} ${plain.length} ${digest}`,
    ...FILES.map(({ path, isExecutable, bytes }) =>
      `file ${bytes.length} ${isExecutable ? "x" : "-"} ${sha256(bytes).toString("hex")} ${path}`
    ),
    "",
  ].join("\n"));
  const numbers = new DataView(new ArrayBuffer(24));
  const offset = launcher.length + frame.length;
  [offset, table.length, offset + table.length + 64].forEach((number, index) =>
    numbers.setBigUint64(8 * index, BigInt(number), true)
  );
  const trailer = [new Uint8Array(numbers.buffer), sha256(table), encoder.encode("PBSPACK1")];
  return concatBytes([launcher, frame, table, ...trailer]);
}

const GOOD = { "executable": "good", "unpacked files": "good" };

Deno.test("checkPack() finds a pack and its files good", () => {
  using packed = new Packed();
  assertEquals(packed.verdicts(), GOOD);
});

Deno.test("checkPack() names what of the executable is damaged", () => {
  const length = executableBytes().length;
  // In a frame, in the table, in its digest; and of another length.
  const places: [number, RegExp][] = [
    [20, /damaged in what begins at byte 8/],
    [length - 80, /table does not have the digest/],
    [length - 20, /table does not have the digest/],
    [length - 1, /no packed executable/],
  ];
  for (const [at, message] of places) {
    using packed = new Packed();
    packed.damage(packed.executable, at);
    assertEquals(packed.verdicts()["executable"], "bad");
    assertMatch(packed.details(), message);
  }
  for (const change of [executableBytes().slice(1), executableBytes().slice(0, 40)]) {
    using packed = new Packed();
    Deno.writeFileSync(packed.executable, change);
    assertEquals(packed.verdicts(), { executable: "bad" });
  }
  using packed = new Packed();
  Deno.removeSync(packed.executable);
  assertEquals(packed.verdicts(), { executable: "bad" });
});

Deno.test("checkPack() names what of the unpacked files is damaged", () => {
  const changes: [(path: string, packed: Packed) => void, string][] = [
    [(path, packed) => packed.damage(path, 0), "was changed"],
    [(path) => Deno.writeTextFileSync(path, "more", { append: true }), "was changed"],
    [(path) => Deno.removeSync(path), "is missing"],
    [(path) => (Deno.removeSync(path), Deno.symlinkSync("/etc/passwd", path)), "is no file"],
  ];
  for (const { path } of FILES) {
    for (const [change, message] of changes) {
      using packed = new Packed();
      change(`${packed.folder}/${path}`, packed);
      assertEquals(packed.verdicts(), { ...GOOD, "unpacked files": "bad" });
      assertMatch(packed.details(), new RegExp(`${packed.folder}/${path} ${message}`));
    }
  }
  using packed = new Packed();
  Deno.chmodSync(`${packed.folder}/deno`, 0o600);
  assertMatch(packed.details(), /deno may not be started/);
});
