#!/bin/busybox sh
# The first process of the guest: backs up and restores over vsock, and reports each step on ttyS1.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /root /run
exec </dev/null >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 -opost
cd /tmp

set -o pipefail

# NAME COMMAND...: runs it, and reports how it ended and when.
step() {
  name=$1
  shift
  "$@"
  code=$?
  echo "#$name $code $(cut -d ' ' -f 1 /proc/uptime)"
  return $code
}

# What the kernel has to complain about.
complaints() {
  ! dmesg | grep -E 'Oops|BUG:|segfault|Out of memory'
}
trap 'step end complaints; poweroff -f' EXIT

load() {
  for module in $GUEST_MODULES; do insmod "/modules/$module.ko" || return; done
}

make_source() {
  mkdir -p source/folder/deeper source/empty &&
    head -c 700000 /bin/busybox >source/program &&
    echo hello >source/folder/file &&
    head -c 300000 /dev/urandom >source/folder/deeper/random &&
    truncate -s 1000000 source/holes &&
    ln source/program source/folder/linked &&
    ln -s ../program source/folder/link &&
    mkfifo source/pipe &&
    chmod 4711 source/folder/file && chmod 1770 source/empty &&
    chown 12:34 source/folder/file &&
    touch -d '2001-02-03 04:05:06' source/folder/file source/empty
}

# FOLDER: a line for each entry, with all that should be the same. A mount has one link of each.
list() {
  (cd "$1" && find . | sort | while read -r entry; do
    [ -d "$entry" ] && size= || size=%s
    stat -c "%n %f %u:%g $size %Y %N" "$entry"
  done)
}

# FOLDER: compares it with the source.
compare() {
  list "$1" >"$1.list"
  # A pipe cannot be compared by its content.
  diff /tmp/source.list "$1.list" && (cd source && find . -type f) | while read -r entry; do
    cmp "source/$entry" "$1/$entry" || exit 1
  done
}

serve() {
  : >serve.out
  pbs-client serve --listen vsock:8007 --datastore store=/tmp/store --config /tmp/config >serve.out 2>serve.err &
  server=$!
  until grep -q FINGERPRINT serve.out; do
    kill -0 $server 2>/dev/null || { cat serve.err; return 1; }
    sleep 0.2
  done
  cat serve.out serve.err
  . ./serve.out
  # The same machine, not its host.
  export PBS_REPOSITORY="${PBS_REPOSITORY%@*}@[vsock:1]:8007:store"
}

backup() {
  pbs-client backup root.pxar:source --backup-id guest 2>&1 | cat
}

restore() {
  # The parts of the repository, each in its variable.
  (
    export PBS_SERVER=vsock:1 PBS_DATASTORE=store PBS_AUTH_ID="${PBS_REPOSITORY%@*}"
    unset PBS_REPOSITORY
    pbs-client restore host/guest/latest root.pxar restored
  ) && [ restored/folder/linked -ef restored/program ] && compare restored
}

mounted() {
  mkdir mounted && pbs-client mount host/guest/latest root.pxar mounted && compare mounted && umount mounted
}

# The server goes while a backup is running, and with it the connection. The source stays open.
lose_server() {
  mkfifo image
  (echo begin; exec sleep 600) >image &
  source=$!
  : >lost.out
  pbs-client backup lost.img:image --backup-id lost >lost.out 2>&1 &
  client=$!
  # Before that the client may still wait for the answer to its first request, which is told otherwise.
  until grep -q '^Upload image' lost.out; do
    kill -0 $client 2>/dev/null || break
    sleep 0.2
  done
  kill -9 $server
  wait $client
  code=$?
  kill $source
  cat lost.out
  return $code
}

# The daemon of a file restore, as its machine would start it.
serve_files() {
  printf %s 5b3f6f0e-8d0c >/ticket
  : >guest.out
  pbs-client guest serve "$@" >guest.out 2>&1 &
  guest=$!
  until grep -q '^listening' guest.out; do
    kill -0 $guest 2>/dev/null || { cat guest.out; return 1; }
    sleep 0.2
  done
}

# What its client on the host would ask, asked of this machine itself.
ask="--cid 1 --ticket-file /ticket"
ask_files() {
  image=/drive-scsi0-with-a-long-name.img.fidx
  export PROXMOX_OUTPUT_NO_BORDER=1 PROXMOX_OUTPUT_NO_HEADER=1
  pbs-client guest list $image/part $ask && pbs-client guest list $image/part/1 $ask &&
    pbs-client guest extract $image/part/5/folder files $ask &&
    (cd files && find . -type f -exec md5sum {} +) &&
    pbs-client guest stop $ask && wait $guest && cat guest.out && ! grep img.fidx /proc/mounts
}

# The daemon powers the machine off, so that nothing is reported.
power_off() {
  serve_files --power-off && pbs-client guest stop $ask && wait $guest && sleep 20
  cat guest.out
  return 1
}

# Vsock goes by no proxy.
export HTTPS_PROXY=http://127.0.0.1:9
step without-vsock env PBS_PASSWORD=x pbs-client list --repository '[vsock:1]:store'
step load load || exit
step serve serve || exit
step source make_source
list source >source.list
step backup backup || exit
step restore restore
step mounted mounted
step lose-server lose_server
step serve-files serve_files && step ask-files ask_files
step end complaints
trap 'poweroff -f' EXIT
step power-off power_off
