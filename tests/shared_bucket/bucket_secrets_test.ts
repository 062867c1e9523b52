import { assert, assertEquals } from "@std/assert";
import { ServedBucket } from "../support/s3/served_bucket.ts";
import { TempDir } from "../support/temp_dir.ts";
import { watchRun } from "../support/watch_run.ts";
import { testWithPeers } from "../support/with_peers.ts";

testWithPeers(
  "the secret key of a bucket is in no command line, log, error or report",
  ["versitygw"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await using bucket = await ServedBucket.start();
    const { accessKey, secretKey } = bucket.server.options;
    await Deno.writeTextFile(`${dir.path}/secret`, `${secretKey}\n`);
    await Deno.writeTextFile(`${dir.path}/a.conf`, "x");
    const at = ["--repository", bucket.address("tank")];
    const backup = ["backup", `a.conf:${dir.path}/a.conf`, "--backup-id", "t", "--init", ...at];
    const list = ["snapshot", "list", ...at];
    const runs: [args: string[], env: Record<string, string>, code: number][] = [
      [backup, { PBS_S3_SECRET_KEY: secretKey }, 0],
      [list, { PBS_S3_SECRET_KEY_FILE: `${dir.path}/secret` }, 0],
      [list, { PBS_S3_SECRET_KEY_CMD: `sh -c 'sleep 0.2; cat ${dir.path}/secret'` }, 0],
      [list, { PBS_S3_SECRET_KEY_CMD: `sh -c 'cat ${dir.path}/secret; exit 1'` }, 255],
      [list, { PBS_S3_SECRET_KEY: `${secretKey}x` }, 255],
      [
        ["list", "--repository", bucket.address("other")],
        { PBS_S3_SECRET_KEY: secretKey },
        255,
      ],
    ];
    for (const [args, env, code] of runs) {
      const words = [...args, "--debug"];
      const run = await watchRun(words, {
        env: { PBS_LOG: "trace", PBS_S3_ACCESS_KEY: accessKey, ...env },
      });
      assertEquals(run.code, code, `${args.join(" ")}\n${run.said}`);
      assert([...run.seen].some((line) => line.includes(words.join("\0"))), words.join(" "));
      for (const text of [run.said, ...run.seen]) assert(!text.includes(secretKey), text);
    }
  },
);
