#!/bin/sh
# Stands in for the program zfs where there is no ZFS: snapshots of the dataset "tank", mounted at
# $ZFS_TOP, are snapshots of the btrfs there. It writes down its arguments, and refuses others than it knows.
set -eu
state=$(dirname "$0")/zfs-state
folder=$(cat "$state/top")
echo "$*" >>"$state/calls"
snapshots=$folder/.zfs/snapshot
case $* in
  "list -H -o name $folder/"*) echo tank ;;
  "list -H -o name -t snapshot -d 1 tank")
    for name in $(ls "$snapshots"); do echo "tank@$name"; done ;;
  "snapshot -o pbs-client:run="*" tank@"*)
    name=${4#tank@}
    btrfs -q subvolume snapshot -r "$folder" "$snapshots/$name"
    echo "${3#*=}" >"$state/$name.run"
    date +%N >"$state/$name.guid" ;;
  "get -H -p -o value guid tank@"*) cat "$state/${7#tank@}.guid" ;;
  "get -H -p -o value guid,pbs-client:run tank@"*)
    cat "$state/${7#tank@}.guid" "$state/${7#tank@}.run" ;;
  "destroy tank@"*) btrfs -q subvolume delete "$snapshots/${2#tank@}" ;;
  *)
    echo "cannot do that: $*" >&2
    exit 2 ;;
esac
