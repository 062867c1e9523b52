# Sourced by scripts that compare with other programs: `install_peers` brings those that are missing of
# `peers`, which names them as COMMAND=PACKAGE, or as /A/FILE=PACKAGE. A package is one of Debian;
# `golang:MODULE@VERSION`; `gomodule:FOLDER`, a program of ours with modules of others; or `npm:VERSION`
# of Deno. What cannot be had is left for the caller to find missing.

PATH=$PATH:$state/bin
versitygw_peer=versitygw=golang:github.com/versity/versitygw/cmd/versitygw@v1.8.0

# Whether a command is there, or a file where a path is given.
is_present() {
  case $1 in
    /*) [ -f "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing_packages() {
  local peer
  for peer in $peers; do
    is_present "${peer%%=*}" || echo "${peer##*=}"
  done | sort -u
}

install_peers() {
  local packages folder copy name version
  packages=$(missing_packages | grep -v '^golang:\|^gomodule:\|^npm:' || true)
  if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing programs to compare with: $(echo $packages)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages; } \
      >"$state/apt.log" 2>&1 || say "apt-get failed, see $state/apt.log"
  fi
  if command -v go >/dev/null; then
    for package in $(missing_packages | sed -n 's/^golang://p'); do
      say "installing a program to compare with: $package"
      GOBIN=$state/bin go install "$package" >"$state/go.log" 2>&1 || say "go failed, see $state/go.log"
    done
    # A program of ours with modules of others, at the versions that its go.mod names.
    for folder in $(missing_packages | sed -n 's/^gomodule://p'); do
      say "building a program to compare with: $folder"
      copy=$(mktemp -d) && cp "$folder"/* "$copy" && mkdir -p "$state/bin" && name=$(basename "$folder") &&
        (cd "$copy" && go build -mod=mod -o "$state/bin/$(echo "$name" | tr _ -)" .) >"$state/go.log" 2>&1 ||
        say "go failed, see $state/go.log"
      rm -rf "$copy"
    done
  fi
  for version in $(missing_packages | sed -n 's/^npm://p'); do
    (fetch_deno "$version" && mkdir -p "$state/bin" && ln -sfn "$package" "$state/bin/deno-$version") || true
  done
}
