import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SmallPack } from "../support/small_pack.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** A test with executables whose packs are small. */
function testPack(
  name: string,
  script: string,
  judge: (output: string) => void,
  versions?: readonly string[],
): void {
  testWithPeers(name, ["unshare", "mount", "setpriv"], async () => {
    await using pack = await SmallPack.make(versions);
    judge(await pack.run(script));
  });
}

const STARTED = /^started \/run\/work\/cache\/1\.0\.0-[0-9a-f]{16}\/pbs-client$/;

/** Judges that a script has printed just that each start went well. */
function startedTimes(count: number): (output: string) => void {
  return (output) => {
    const lines = output.trimEnd().split("\n");
    assertEquals(lines.length, count, output);
    for (const line of lines) assertMatch(line, STARTED);
  };
}

testPack(
  "what is there is not unpacked again",
  `launch $v1; stat -c '%i %Z' cache/*/* > before
   launch $v1; stat -c '%i %Z' cache/*/* > after
   cmp before after
   [ "$(stat -c %a cache cache/* cache/*/program | sort -u)" = 700 ]
   [ -z "$(find cache -type f -perm /277 ! -perm 500)" ]`,
  startedTimes(2),
);

testPack(
  "a changed file, a missing one and a missing stamp have everything unpacked anew",
  `launch $v1; file=$(echo cache/*/program/main.js); cp $file good
   touch -r $file times; chmod u+w $file
   printf x | dd of=$file conv=notrunc status=none; chmod u-w $file; touch -r times $file
   launch $v1; cmp $file good
   rm -f $file; launch $v1; cmp $file good
   rm -f cache/*/stamp; launch $v1
   (cd cache/*/program; echo > more.js); launch $v1; [ -z "$(find cache -name more.js)" ]
   [ "$(ls -A cache | wc -l)" = 1 ]`,
  (output) => {
    assertEquals(output.match(/^started /gm)?.length, 5);
    const told =
      /^pbs-client: the files in "\/run\/work\/cache\/.*" have changed; .* unpacked anew$/gm;
    assertEquals(output.match(told)?.length, 4, output);
  },
);

testPack(
  "what a disk has changed by itself is found when all bytes are compared",
  `launch $v1; cd cache/*; chmod u+w program/main.js stamp
   printf x | dd of=program/main.js conv=notrunc status=none; chmod 400 program/main.js
   { head -n 1 stamp; stat -c '%i %s %.9Y %.9Z' program program/commands pbs-client program/main.js program/commands/a.js; } > new
   cat new > stamp; chmod 400 stamp; rm new
   launch $v1; PBS_CLIENT_UNPACK_VERIFY=yes launch $v1; PBS_CLIENT_UNPACK_VERIFY=yes launch $v1`,
  (output) => {
    assertEquals(output.match(/^started /gm)?.length, 4);
    assertEquals(output.match(/main\.js" is damaged; it is unpacked anew$/gm)?.length, 1, output);
  },
);

testPack(
  "what an ended process has left is removed, what goes on is not",
  `mkdir -p cache/.part-1/program cache/.part-2; chmod 700 cache; echo > cache/.part-1/program/main.js
   flock cache/.part-2 sh -c "PBS_CLIENT_CACHE_DIR=$cache $v1"
   [ -d cache/.part-2 ]; [ "$(ls -A cache | wc -l)" = 2 ]`,
  (output) => assertStringIncludes(output, "started "),
);

testPack(
  "of other versions the last one stays, and those in use",
  `launch $v1; sleep 0.02
   PAUSE=$PWD/pid launch $v1 & while [ ! -s pid ]; do sleep 0.01; done
   launch $v2; sleep 0.02; ls cache
   launch $v3; ls cache
   kill $(cat pid); wait
   rm -r cache/3*; launch $v3; ls cache`,
  (output) => {
    const names = output.split("\n").filter((line) => /^\d/.test(line)).map((line) => line[0]);
    assertEquals(names.join(""), "12" + "123" + "23");
  },
  ["1.0.0", "2.0.0", "3.0.0"],
);

testPack(
  "processes that start for the first time at once all start, and leave one folder",
  `launch $v1 & launch $v1 & launch $v1 & launch $v1 & wait
   [ "$(ls -A cache | wc -l)" = 1 ]`,
  startedTimes(4),
);

testPack(
  "a full disk gets one line, and nothing stays",
  `mkdir cache; mount -t tmpfs -o size=100k,mode=700 tmpfs cache
   launch $v1 || echo "code $?"
   [ -z "$(ls -A cache)" ]`,
  (output) =>
    assertEquals(
      output,
      'pbs-client: cannot unpack into "/run/work/cache": No space left on device\ncode 255\n',
    ),
);

testPack(
  "a damaged executable gets one line, and nothing stays",
  `cp $v1 bad; length=$(stat -c %s bad)
   printf xxxx | dd of=bad bs=1 seek=$((length - 20000)) conv=notrunc status=none
   launch ./bad || echo "code $?"
   [ -z "$(ls -A cache)" ]
   head -c -1 $v1 > short; chmod 755 short; launch ./short || echo "code $?"
   { cat $v1; echo; } > long; chmod 755 long; launch ./long || echo "code $?"
   cp $v1 list; printf xxxx | dd of=list bs=1 seek=$((length - 80)) conv=notrunc status=none; launch ./list || echo "code $?"`,
  (output) => {
    const lines = output.trimEnd().split("\n");
    assertEquals(lines.length, 8, output);
    for (const [index, line] of lines.entries()) {
      assertMatch(
        line,
        index % 2 === 1 ? /^code 255$/ : /^pbs-client: this executable is .*; get it again$/,
      );
    }
  },
);
