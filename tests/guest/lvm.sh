#!/bin/busybox sh
# The first process of the guest: backs up from snapshots of LVM, and reports each step on ttyS1.
/bin/busybox --install -s /bin
export PATH=/bin:/sbin HOME=/root PBS_REPOSITORY=/store LVM_SUPPRESS_FD_WARNINGS=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /root /run /mnt/plain /mnt/thin /etc/lvm
exec </dev/null >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 -opost
cd /tmp

set -o pipefail

# NAME COMMAND...: runs it, and reports how it ended and when.
step() {
  step_name=$1
  shift
  "$@"
  code=$?
  echo "#$step_name $code $(cut -d ' ' -f 1 /proc/uptime)"
  return $code
}

complaints() {
  ! dmesg | grep -E 'Oops|BUG:|segfault|Out of memory'
}
trap 'step end complaints; poweroff -f' EXIT

prepare() {
  for module in $GUEST_MODULES; do insmod "/modules/$module.ko" || return; done
  for program in pvcreate vgcreate lvcreate lvs lvremove; do ln -s lvm /sbin/$program; done
  cat >/etc/lvm/lvm.conf <<'CONF'
devices { filter = [ "a|^/dev/loop0$|", "r|.*|" ] use_devicesfile = 0 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
global { thin_check_executable = "" }
backup { backup = 0 archive = 0 }
CONF
  truncate -s 600M pv && losetup /dev/loop0 pv && pvcreate -q /dev/loop0 && vgcreate -q vg /dev/loop0 &&
    lvcreate -q -Zn -Wn -L 64M -n plain vg && lvcreate -q -L 100M -T vg/pool && lvcreate -q -V 320M -T vg/pool -n thin &&
    mkfs.ext4 -q /dev/vg/plain && mkfs.xfs -q /dev/vg/thin &&
    mount -t ext4 /dev/vg/plain /mnt/plain && mount -t xfs /dev/vg/thin /mnt/thin || return
  for volume in plain thin; do
    mkdir /mnt/$volume/first /mnt/$volume/last
    echo 1 >/mnt/$volume/first/count
    echo 1 >/mnt/$volume/last/count
    ln /mnt/$volume/last/count /mnt/$volume/last/linked
  done
}

# Nothing of ours is left in the group, and nothing is mounted.
clean() {
  ! ls /dev/mapper | grep pbs--client && ! grep source-snapshots /proc/mounts && [ -z "$(ls /root/.local/state/proxmox-backup/source-snapshots)" ]
}

# The pairs of files, with a command between that changes them, and then the volume itself.
change() {
  cat >/change <<'SCRIPT'
for file in /mnt/*/*/count; do echo 2 >$file; done
sync
lvs --noheadings -o lv_name,segtype,origin vg >/tmp/during
SCRIPT
  pbs-client backup first.pxar:/mnt/plain/first thinfirst.pxar:/mnt/thin/first change.img:- \
    last.pxar:/mnt/plain/last thinlast.pxar:/mnt/thin/last disk.img:/dev/vg/plain --backup-id whole \
    --snapshot lvm --stdin-from-command 'sh -c "sh /change; echo changed"' 2>&1 | cat && cat during && clean
}

killed() {
  mkfifo /hold
  pbs-client backup a.pxar:/mnt/plain hold.img:- --backup-id killed --snapshot auto --stdin-from-command 'cat /hold' >killed.out 2>&1 &
  client=$!
  # The command, and the one that holds the mounts.
  until ls /dev/mapper | grep -q pbs--client && pidof cat | grep -q ' '; do
    kill -0 $client || { cat killed.out; return 1; }
    sleep 0.2
  done
  kill -9 $client
  wait $client
  lvs --noheadings -o lv_name vg | grep pbs-client
}

# More changes than the snapshot has room for.
overflow() {
  cat >/fill <<'SCRIPT'
dd if=/dev/urandom of=/mnt/plain/fill bs=1M count=24 conv=fsync
SCRIPT
  pbs-client backup fill.img:- full.pxar:/mnt/plain --backup-id overflow \
    --snapshot lvm --snapshot-size 8MiB --stdin-from-command 'sh -c "sh /fill 2>/dev/null; echo full"' 2>&1 | cat
  code=$?
  ls -1 /store/host
  ls -1 /store/host/overflow
  clean || return 77
  return $code
}

# What the host needs to see what was backed up.
send() {
  cd / && tar -czf - $(find store/host/whole store/.chunks -type f) | base64
}

step prepare prepare || exit
step change change
step killed killed
step overflow overflow
step send send
