// deno-lint-ignore-file no-console
import { measure, type Measurement } from "./measure.ts";

/** Data and zeros take turns in pieces of this length. */
const PIECE_BYTES = 64 * 1024 * 1024;

/** The jobs, each with the program that it is compared to, and the goal for the ratio of wall times. */
const JOBS = [
  { name: "first", peer: "zstd -1 -T2", goal: 1.2 },
  { name: "unchanged", peer: "openssl dgst -sha256", goal: 0.7 },
  { name: "restore", peer: "zstd -d", goal: 1.5 },
] as const;

/** What an image is made of, and where everything goes. */
export interface ImageBenchmark {
  /** How pbs-client is started. */
  readonly program: string;
  /** Source of the half that is not zeros. */
  readonly tree: string;
  /** Folder under which the image and the datastore are made. */
  readonly work: string;
  /** Folder under which restores go: a tmpfs. */
  readonly target: string;
  readonly sizeBytes: number;
  readonly rounds: number;
}

/**
 * Backs one image up, of which half is zeros that are no holes, again unchanged, and restores it; each
 * right beside the program that does the like with one file. Prints wall and processor seconds and the
 * ratios: the best of all rounds, because a machine that is busy makes nothing faster.
 */
export async function runImage(options: ImageBenchmark): Promise<void> {
  const { program, rounds, sizeBytes } = options;
  const work = await Deno.makeTempDir({ dir: options.work, prefix: "pbs-client-image-" });
  const target = await Deno.makeTempDir({ dir: options.target, prefix: "pbs-client-image-" });
  const image = `${work}/image`;
  const store = `${work}/store`;
  const results = new Map<string, Measurement[]>();
  const run = async (key: string, command: string) => {
    const result = await measure(command, { PBS_REPOSITORY: store }, `${work}/log`);
    if (result.exitCode !== 0) throw new Error(await Deno.readTextFile(`${work}/log`));
    results.set(key, [...results.get(key) ?? [], result]);
    console.error(
      `${key}: ${result.seconds.toFixed(2)} s, ${
        result.cpuSeconds.toFixed(2)
      } s of processor time, ` +
        `peak ${result.peakMegabytes.toFixed(0)} MB`,
    );
  };
  const backup = (time: number) =>
    `${program} backup disk.img:${image} --backup-id image --backup-time ${time}`;
  try {
    await makeImage(options.tree, image, sizeBytes);
    await measure(`${program} datastore init ${store}`, {}, `${work}/log`);
    for (let round = 0; round < rounds; round++) {
      await measure(
        `rm -rf ${store}/host; find ${store}/.chunks -type f -delete; rm -f ${work}/zst`,
        {},
        `${work}/log`,
      );
      await measure(`cat ${image} > /dev/null`, {}, `${work}/log`);
      await run("first", backup(1700000000));
      await run("zstd -1 -T2", `zstd -q -1 -T2 ${image} -o ${work}/zst`);
      await run("unchanged", backup(1700000100));
      await run("openssl dgst -sha256", `openssl dgst -sha256 ${image}`);
      await run("restore", `${program} restore host/image disk.img ${target}/image`);
      await measure(`cmp ${image} ${target}/image && rm ${target}/image`, {}, `${work}/log`);
      await run("zstd -d", `zstd -q -d ${work}/zst -o ${target}/image`);
      await Deno.remove(`${target}/image`);
    }
    console.log(`image of ${sizeBytes} bytes, half of it zeros; best of ${rounds} rounds`);
    console.log(
      "job         seconds  cpu s  beside                 seconds  cpu s  ratio  cpu  goal",
    );
    for (const { name, peer, goal } of JOBS) {
      const best = (key: string, part: "seconds" | "cpuSeconds") =>
        Math.min(...results.get(key)!.map((result) => result[part]));
      const cells = [name, peer].map((key) => [best(key, "seconds"), best(key, "cpuSeconds")]);
      const [[ours, oursCpu], [theirs, theirsCpu]] = cells as [[number, number], [number, number]];
      console.log(
        `${name.padEnd(11)} ${ours.toFixed(2).padStart(7)} ${oursCpu.toFixed(2).padStart(6)}  ` +
          `${peer.padEnd(22)} ${theirs.toFixed(2).padStart(7)} ${
            theirsCpu.toFixed(2).padStart(6)
          }  ` +
          `${(ours / theirs).toFixed(2).padStart(5)} ${(oursCpu / theirsCpu).toFixed(2)}  ${goal}`,
      );
    }
  } finally {
    await Deno.remove(work, { recursive: true });
    await Deno.remove(target, { recursive: true });
  }
}

/**
 * Writes contents of a tree and zeros in turns; where the tree has too little, it begins anew.
 *
 * @param hasZeros Whether every other piece is zeros.
 */
export async function makeImage(
  tree: string,
  path: string,
  sizeBytes: number,
  hasZeros = true,
): Promise<void> {
  using image = await Deno.open(path, { write: true, createNew: true });
  const zeros = new Uint8Array(1024 * 1024);
  const contents = endless(tree);
  try {
    for (let at = 0; at < sizeBytes;) {
      const pieceEnd = Math.min(sizeBytes, at + PIECE_BYTES);
      const isZero = hasZeros && at / PIECE_BYTES % 2 === 1;
      while (at < pieceEnd) {
        const next = isZero ? zeros : (await contents.next()).value!;
        const part = next.subarray(0, pieceEnd - at);
        for (let done = 0; done < part.length;) done += await image.write(part.subarray(done));
        at += part.length;
      }
    }
  } finally {
    await contents.return();
  }
}

async function* endless(tree: string): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const tar = new Deno.Command("tar", {
      args: ["-C", tree, "-cf", "-", "."],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    try {
      yield* tar.stdout;
    } finally {
      tar.kill();
    }
  }
}
