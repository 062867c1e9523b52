import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { IMAGE, makeRelease } from "../../scripts/packaging/make_release.ts";
import { VERSION } from "../../cli/version.ts";
import { DebianRoot, type DebianSuite } from "../support/debian_root.ts";
import { ImageContainer } from "../support/image_container.ts";
import { packedExecutable } from "../support/packed_executable.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MAKERS = ["dpkg-deb", "rpmbuild"];
const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const SCRIPT = `${ROOT}scripts/release`;
const PROGRAM = `pbs-client_${VERSION}_amd64.deb`;
const COMPANION = `pbs-client-pxar_${VERSION}_all.deb`;

/** The release that all tests of this file look at, made when the first one asks for it. */
let made: Promise<TempDir> | undefined;

async function release(): Promise<string> {
  made ??= (async () => {
    const folder = await TempDir.make();
    // Other users read it as well.
    await Deno.chmod(folder.path, 0o755);
    const executables = [await packedExecutable()];
    await makeRelease({ output: `${folder.path}/release`, executables, report: () => {} });
    return folder;
  })();
  return `${(await made).path}/release`;
}

Deno.test.afterAll(async () => {
  // That it could not be made is what tests have said.
  const folder = await made?.catch(() => undefined);
  await folder?.[Symbol.asyncDispose]();
});

testWithPeers("a release made twice is the same, byte for byte", MAKERS, async () => {
  const folder = await release();
  await using other = await TempDir.make();
  const words = [
    SCRIPT,
    "--output",
    `${other.path}/again`,
    "--executable",
    await packedExecutable(),
  ];
  // What must not show: where it is made, when, by whom, and their settings.
  await runPeer("env", ["TZ=Asia/Kathmandu", "sh", "-c", 'umask 077; exec "$@"', "sh", ...words]);
  const sums = await Deno.readTextFile(`${folder}/SHA256SUMS`);
  assertEquals(await Deno.readTextFile(`${other.path}/again/SHA256SUMS`), sums);
  for (const name of [PROGRAM, COMPANION, `pbs-client-${VERSION}.cdx.json`]) {
    assert(sums.includes(`  ${name}\n`), name);
  }
  await runPeer("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: folder });
});

for (const suite of ["bookworm", "trixie"] satisfies DebianSuite[]) {
  testWithPeers(
    `the Debian packages work on ${suite}, and leave nothing when they are purged`,
    [...MAKERS, "debootstrap", "man", "systemd-analyze"],
    async () => {
      const folder = await release();
      await using root = await DebianRoot.create(suite);
      const packages = [
        await root.bring(`${folder}/${PROGRAM}`),
        await root.bring(`${folder}/${COMPANION}`),
      ];
      await root.run("dpkg", "--install", ...packages);
      await root.run("dpkg", "--purge", "pbs-client-pxar", "pbs-client");
      // The administration of packages has its files from the first one on.
      const before = await root.paths();
      await root.run("dpkg", "--install", ...packages);
      assertEquals(await root.run("dpkg", "--verify", "pbs-client", "pbs-client-pxar"), "");
      assertEquals(await root.run("pbs-client", "version"), `client version: ${VERSION}\n`);
      assertMatch(await root.run("pxar", "--help"), /pxar/);
      assert((await root.paths()).has("/var/cache/pbs-client"));
      await checkManualPages(root);
      await checkCompletion(root);
      await checkUnits(root);
      await root.run("dpkg", "--purge", "pbs-client-pxar", "pbs-client");
      assertEquals([...(await root.paths()).symmetricDifference(before)], []);
    },
  );
}

/** Pages are found by the names of their commands, and no line of one is broken. */
async function checkManualPages(root: DebianRoot): Promise<void> {
  const folder = `${root.path}/usr/share/man`;
  for (const page of ["pbs-client", "pbs-client-backup", "pbs-client-self-check", "pxar"]) {
    const words = ["LC_ALL=C.UTF-8", "man", "--warnings", `--manpath=${folder}`, "1", page];
    assertMatch(await root.outside("env", ...words), new RegExp(`^${page.toUpperCase()}\\(1\\)`));
  }
}

/** The service manager understands the units, and finds what they start. */
async function checkUnits(root: DebianRoot): Promise<void> {
  const units = ["service", "timer"].map((kind) => `pbs-client-backup@nightly.${kind}`);
  const words = ["verify", `--root=${root.path}`, "--man=no", "--recursive-errors=no", ...units];
  // It says what is wrong on the standard error, and still succeeds for some of it.
  const command = 'said=$("$@" 2>&1) && test -z "$said" || { echo "$said" >&2; exit 1; }';
  await root.outside("sh", "-c", command, "sh", "systemd-analyze", ...words);
}

/** The shell of the root completes the name of a command. */
async function checkCompletion(root: DebianRoot): Promise<void> {
  const script = `
    source /usr/share/bash-completion/completions/pbs-client
    COMP_LINE="pbs-client snapshot fi" COMP_POINT=22 COMP_WORDS=(pbs-client snapshot fi) COMP_CWORD=2
    _pbs_client_complete pbs-client fi snapshot
    echo "\${COMPREPLY[@]}"
    complete -p pbs-client`;
  const lines = (await root.run("bash", "-c", script)).split("\n");
  assertEquals(lines[0]!.trim(), "files");
  assertMatch(lines[1]!, /_pbs_client_complete pbs-client/);
}

testWithPeers(
  "the image works without privileges, with a root that nothing can be written to",
  [...MAKERS, "skopeo", "umoci", "crun"],
  async () => {
    const image = `${await release()}/${IMAGE}`;
    await using folder = await TempDir.make("/dev/shm");
    // Every digest on the way from the reference to the layer is compared.
    await runPeer("skopeo", [
      "copy",
      "--all",
      `oci:${image}:${VERSION}`,
      `dir:${folder.path}/copy`,
    ]);
    await using container = await ImageContainer.unpack(`${image}:${VERSION}-amd64`);
    assertEquals(await container.run(["version"]), `client version: ${VERSION}\n`);
    for (const name of ["source/sub", "store", "restored"]) {
      await Deno.mkdir(`${folder.path}/${name}`, { recursive: true });
    }
    await Deno.writeTextFile(`${folder.path}/source/sub/file`, "a text");
    await container.give(folder.path);
    const shared = [{ source: folder.path, destination: "/data" }];
    const at = ["--repository", "/data/store/main"];
    const made = ["--backup-id", "box", "--backup-time", "1700000000", "--init"];
    await container.run(["backup", "tree.pxar:/data/source", ...made, ...at], shared);
    const snapshot = "host/box/2023-11-14T22:13:20Z";
    await container.run(["restore", snapshot, "tree.pxar", "/data/restored/tree", ...at], shared);
    assertEquals(await Deno.readTextFile(`${folder.path}/restored/tree/sub/file`), "a text");
  },
);

testWithPeers(
  "Containerfile makes an image that starts as that of scripts/image does",
  [...MAKERS, "skopeo", "buildah"],
  async () => {
    const image = `oci:${await release()}/${IMAGE}:${VERSION}`;
    await using folder = await TempDir.make();
    const store = ["--root", `${folder.path}/root`, "--runroot", `${folder.path}/runroot`];
    const built = `oci:${folder.path}/image:built`;
    const executable = (await packedExecutable()).slice(ROOT.length);
    await runPeer("buildah", [
      ...[...store, "--storage-driver=vfs", "bud", "--isolation=chroot", "--tag", built],
      ...[`--build-arg=EXECUTABLE=${executable}`, "--file", `${ROOT}Containerfile`, ROOT],
    ]);
    const startOf = async (image: string) => {
      const { config } = JSON.parse(await runPeer("skopeo", ["inspect", "--config", image]));
      // Builders put labels of their own beside these.
      return { ...config, Labels: config.Labels["org.opencontainers.image.title"] };
    };
    assertEquals(await startOf(built), await startOf(image));
  },
);

testWithPeers(
  "the RPM packages install, verify, and leave nothing when they are erased",
  [...MAKERS, "rpm", "debootstrap", "man", "systemd-analyze"],
  async () => {
    const folder = await release();
    // A root of another kind of distribution, for its shell: dependencies are not known to rpm there.
    await using root = await DebianRoot.create("bookworm");
    const rpm = (...words: string[]) => root.outside("rpm", "--root", root.path, ...words);
    const packages = [
      `${folder}/pbs-client-${VERSION}-1.x86_64.rpm`,
      `${folder}/pbs-client-pxar-${VERSION}-1.noarch.rpm`,
    ];
    await rpm("--initdb");
    await rpm("--install", "--nodeps", ...packages);
    await rpm("--erase", "pbs-client-pxar", "pbs-client");
    const before = await root.paths();
    await rpm("--install", "--nodeps", ...packages);
    assertEquals(await rpm("--verify", "--nodeps", "pbs-client", "pbs-client-pxar"), "");
    assertEquals(await root.run("pbs-client", "version"), `client version: ${VERSION}\n`);
    assertMatch(await root.run("pxar", "--help"), /pxar/);
    await checkManualPages(root);
    await checkCompletion(root);
    await checkUnits(root);
    const paths = await root.paths();
    for (const path of ["zsh/site-functions/_pbs-client", "doc/pbs-client/LICENSES.gz"]) {
      assert(paths.has(`/usr/share/${path}`), path);
    }
    await rpm("--erase", "pbs-client-pxar", "pbs-client");
    assertEquals([...(await root.paths()).symmetricDifference(before)], []);
  },
);
