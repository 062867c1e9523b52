# Sourced by the scripts beside it: brings what the program needs to run from a clone. After the first
# time it costs a few milliseconds. Sets `root`, `deno` and `native_library`.

deno_version=2.9.6
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$root/.setup
deno=$state/deno-$deno_version
native_library=$root/native/target/release/libpbs_native.so
page=$root/lib/page/assets/page.js
# With the clone, not in the home: who runs the program may have another one than who set it up.
export DENO_DIR=$state/cache DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || fail "the command \"$1\" is missing; $2"; }

# A version of Deno from its npm package, kept for all clones; sets `package` to its path.
fetch_deno() {
  local version=$1 cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pbs-client/deno-$1
  package=$(echo "$cache"/node_modules/@deno/linux-*/deno)
  [ ! -x "$package" ] || return 0
  need npm "it brings Deno $version"
  say "fetching Deno $version (about 40 MB) from its npm package"
  mkdir -p "$cache"
  npm install --prefix "$cache" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error --no-update-notifier \
    "deno@$version" >&2 || fail "npm could not install deno@$version"
  package=$(echo "$cache"/node_modules/@deno/linux-*/deno)
  [ -f "$package" ] || fail "the npm package deno@$version holds no program for this machine"
  # Those of old versions are not executable.
  chmod +x "$package"
}

set_up_deno() {
  local found package
  mkdir -p "$state"
  found=$(command -v deno 2>/dev/null || true)
  if [ -n "$found" ] && "$found" --version 2>/dev/null | grep -q "^deno $deno_version "; then
    say "using Deno $deno_version from $found"
    ln -sfn "$(readlink -f "$found")" "$deno"
    return
  fi
  fetch_deno "$deno_version"
  ln -sfn "$package" "$deno"
}

set_up_modules() {
  say "fetching the TypeScript modules"
  (cd "$root" && "$deno" install --quiet --frozen --entrypoint cli/main.ts cli/*commands/*.ts page/main.tsx >&2) ||
    fail "the modules named in deno.json could not be fetched"
  touch "$DENO_DIR/complete"
}

set_up_native() {
  need cargo "Rust builds the native core (rustup.rs, or your distribution's package)"
  command -v cc >/dev/null 2>&1 || need gcc "a C compiler builds the libraries of the native core"
  say "building the native core (a minute the first time)"
  (cd "$root" && cargo build --manifest-path native/Cargo.toml --release --locked -p pbs-native-core >&2) ||
    fail "the native core could not be built"
  touch "$native_library"
}

native_is_stale() {
  [ ! -f "$native_library" ] && return 0
  [ -n "$(find "$root"/native/Cargo.* "$root"/native/*/src "$root"/native/*/Cargo.toml \
    -newer "$native_library" -print -quit)" ]
}

set_up_page() {
  say "bundling the page"
  (cd "$root" && "$deno" run --quiet --allow-all --cached-only scripts/build_page.ts >&2) ||
    fail "the page that \"browse\" and \"serve\" show could not be bundled"
}

page_is_stale() {
  [ ! -f "$page" ] && return 0
  [ -n "$(find "$root"/page "$root/deno.lock" -newer "$page" -print -quit)" ]
}

[ -x "$deno" ] || set_up_deno
[ "$DENO_DIR/complete" -nt "$root/deno.lock" ] || set_up_modules
! native_is_stale || set_up_native
! page_is_stale || set_up_page
