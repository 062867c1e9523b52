#!/usr/bin/env python3
"""change_tree.py DIR: changes a tree made by make() without pause, until it is killed.

A file whose name ends in .N holds bytes of value N alone, so that a reader can tell whether what it
gets is that file's content (zeros stand for what was cut off while it was read). "make" as second
argument makes the tree and ends."""
import os, random, shutil, sys
root = sys.argv[1]
FOLDERS, FILES = 6, 150
R = random.Random(11)

def write(path, i, size, how=os.O_TRUNC):
    # Neither through a link nor waiting at a pipe.
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | how, 0o644)
    try: os.write(fd, bytes([i + 1]) * size)
    finally: os.close(fd)

def make():
    for d in range(FOLDERS):
        os.makedirs(f"{root}/d{d}/sub/deep", exist_ok=True)
        for i in range(FILES):
            write(f"{root}/d{d}/f.{i + 1}", i, R.randrange(60_000))
            write(f"{root}/d{d}/sub/deep/g.{i + 1}", i, R.randrange(4_000))
            for name in (f"f.{i + 1}", f"sub/deep/g.{i + 1}"):
                os.utime(f"{root}/d{d}/{name}", (1_500_000_000, 1_500_000_000))

def gone(path):
    if os.path.isdir(path) and not os.path.islink(path): shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path): os.unlink(path)

def change():
    d, i = R.randrange(FOLDERS), R.randrange(FILES)
    folder = f"{root}/d{d}"
    path = f"{folder}/" + R.choice([f"f.{i + 1}", f"sub/deep/g.{i + 1}"])
    other = f"{root}/d{R.randrange(FOLDERS)}/f.{i + 1}"
    what = R.randrange(18)
    if what == 0: os.truncate(path, R.randrange(60_000))
    elif what == 1: os.truncate(path, 0)
    elif what == 2: write(path, i, R.randrange(60_000), os.O_APPEND)
    elif what == 3: gone(path)
    elif what == 4:
        write(f"{folder}/new.{i + 1}", i, R.randrange(60_000)); gone(path); os.rename(f"{folder}/new.{i + 1}", path)
    elif what == 5: gone(other); os.rename(path, other)
    elif what == 6: gone(path); os.mkdir(path); write(f"{path}/in.{i + 1}", i, 100)
    elif what == 7: gone(path); os.symlink("../" * R.randrange(3) + "nowhere", path)
    elif what == 8: gone(path); os.mkfifo(path)
    elif what == 9: gone(other); os.link(path, other)
    elif what == 10:
        # Two folders change places.
        a, b = f"{root}/d{d}/sub", f"{root}/d{R.randrange(FOLDERS)}/sub"
        if a != b: os.rename(a, f"{root}/swap"); os.rename(b, a); os.rename(f"{root}/swap", b)
    elif what == 11:
        # A folder moves into another, and back.
        os.rename(f"{folder}/sub", f"{root}/moved"); os.rename(f"{root}/moved", f"{folder}/sub")
    elif what == 12: os.chmod(path, R.choice([0o600, 0o644, 0])); os.setxattr(path, "user.k", b"v" * R.randrange(50))
    elif what >= 14: gone(path); write(path, i, R.randrange(60_000))
    else:
        # A folder is replaced by a link, then by a new one.
        deep = f"{folder}/sub/deep"
        gone(deep); os.symlink("/", deep); gone(deep); os.mkdir(deep); write(f"{deep}/g.{i + 1}", i, 50)

if sys.argv[2:] == ["make"]: make(); sys.exit()
print("ready", flush=True)
while True:
    try: change()
    except OSError: os.makedirs(f"{root}/d{R.randrange(FOLDERS)}/sub/deep", exist_ok=True)
