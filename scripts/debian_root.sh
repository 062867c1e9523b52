# Sourced after set_up.sh by scripts that need programs or libraries of Debian which the machine itself
# need not have: unpacks packages of Debian 12 into folders of the cache, where nothing is installed. The
# release is always the same one, so that what is built there runs wherever its C library does or a newer
# one. Packages come from the mirrors that apt of this machine knows.

debian_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pbs-client/debian-12
debian_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_root NAME "PACKAGE..." ["PACKAGE..."]: unpacks packages with what they depend on, and those of the
# second list without, into a folder. Sets `debian_root` to it. A folder with the same packages is used again.
debian_root() {
  local name=$1 packages=$2 alone=${3-} lock
  debian_root=$debian_cache/$name
  [ "$(cat "$debian_root/packages" 2>/dev/null)" = "$packages / $alone" ] && return
  need apt-get "it fetches Debian's packages; other distributions have it as a package"
  need dpkg-deb "it unpacks Debian's packages"
  [ -f "$debian_keys" ] || fail "\"$debian_keys\" is missing; the package debian-archive-keyring has it"
  mkdir -p "$debian_cache"
  exec {lock}>"$debian_cache/lock"
  flock "$lock"
  if [ "$(cat "$debian_root/packages" 2>/dev/null)" != "$packages / $alone" ]; then
    say "fetching Debian's packages for $debian_root: $packages $alone"
    make_debian_root "$packages" "$alone"
  fi
  exec {lock}>&-
}

make_debian_root() {
  local new=$debian_root.new archives=$debian_root.archives folder package
  rm -rf "$debian_root" "$new" "$archives"
  mkdir -p "$archives/partial" "$new/usr"
  write_apt_settings
  debian_apt update
  # shellcheck disable=SC2086 # lists of words
  debian_apt -y --download-only -o "Dir::Cache::archives=$archives" install $1
  for package in $2; do
    (cd "$archives" && debian_apt download "$package")
  done
  for folder in bin sbin lib lib64; do
    mkdir "$new/usr/$folder"
    ln -s "usr/$folder" "$new/$folder"
  done
  for package in "$archives"/*.deb; do
    dpkg-deb -x "$package" "$new" || fail "\"$package\" could not be unpacked"
  done
  rm -rf "$archives"
  echo "$1 / $2" >"$new/packages"
  mv "$new" "$debian_root"
}

# apt with settings of its own beside those of this machine, which know how to reach the mirrors.
debian_apt() {
  apt-get -qq -c "$debian_cache/apt.conf" "$@" </dev/null >"$debian_cache/apt.log" 2>&1 ||
    fail "apt-get could not fetch packages: $(grep -m 1 '^E:' "$debian_cache/apt.log" || echo "see $debian_cache/apt.log")"
}

write_apt_settings() {
  local apt=$debian_cache/apt main security
  main=$(debian_mirror Debian "${PBS_CLIENT_DEBIAN_MIRROR-}") || fail "apt of this machine knows no mirror of Debian;" \
    "give the address of one in PBS_CLIENT_DEBIAN_MIRROR"
  security=$(debian_mirror Debian-Security "${PBS_CLIENT_DEBIAN_SECURITY_MIRROR-}") || fail "apt of this machine" \
    "knows no mirror of Debian's security updates; give the address of one in PBS_CLIENT_DEBIAN_SECURITY_MIRROR"
  mkdir -p "$apt/lists/partial" "$apt/cache"
  : >"$apt/status"
  cat >"$apt/sources.list" <<END
deb [signed-by=$debian_keys] $main bookworm main
deb [signed-by=$debian_keys] $security bookworm-security main
END
  cat >"$debian_cache/apt.conf" <<END
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Install-Recommends "false";
APT::Default-Release "";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
END
}

# debian_mirror LABEL GIVEN: the mirror GIVEN, or the first one of apt with this label.
debian_mirror() {
  local lists=$debian_cache/lists
  [ -z "$2" ] || { echo "$2"; return; }
  known_mirrors "$1" | grep . && return
  # apt learns labels from lists, which this machine does not have yet.
  mkdir -p "$lists/partial"
  apt-get -qq -o "Dir::State::lists=$lists" -o APT::Sandbox::User=root update >/dev/null 2>&1 || true
  known_mirrors "$1" -o "Dir::State::lists=$lists" | grep .
}

known_mirrors() {
  local label=$1
  shift
  apt-get "$@" indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s/^$label //p" | head -n 1
}
