# Shows a folder through FUSE, with faults. Arguments: folder, mount point, JSON list of faults:
# op (getattr, open, read, readdir, flush, fsync, chmod, chown, any), path (pattern), errno,
# from and to (bytes, for read), times (how often; without it always).
import fnmatch, json, os, stat, sys

import fuse

fuse.fuse_python_api = (0, 2)
source, mount_point, faults = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


def fails(op, path, offset=0, length=0):
    for fault in faults:
        if fault["op"] not in (op, "any") or not fnmatch.fnmatch(path, fault["path"]):
            continue
        if "to" in fault and (offset >= fault["to"] or offset + length <= fault["from"]):
            continue
        if fault.get("times", 1) <= 0:
            continue
        if "times" in fault:
            fault["times"] -= 1
        return fault["errno"]
    return 0


def check(op, path, *where):
    errno = fails(op, path, *where)
    if errno:
        raise OSError(errno, os.strerror(errno))


class File:
    def __init__(self, path, flags, *mode):
        check("open", path)
        self.path = path
        self.fd = os.open(source + path, flags & ~os.O_NOFOLLOW, *mode)
        self.keep_cache = False
        self.direct_io = False

    def read(self, length, offset):
        check("read", self.path, offset, length)
        return os.pread(self.fd, length, offset)

    def write(self, data, offset):
        check("write", self.path, offset, len(data))
        return os.pwrite(self.fd, data, offset)

    def fgetattr(self):
        return os.fstat(self.fd)

    def ftruncate(self, length):
        os.ftruncate(self.fd, length)

    def flush(self):
        check("flush", self.path)

    def fsync(self, data_only):
        check("fsync", self.path)
        os.fsync(self.fd)

    def release(self, flags):
        os.close(self.fd)


class Mount(fuse.Fuse):
    file_class = File

    def getattr(self, path):
        check("getattr", path)
        return os.lstat(source + path)

    def readdir(self, path, offset):
        check("readdir", path)
        found = [(name, os.lstat(source + path + "/" + name)) for name in os.listdir(source + path)]
        return [fuse.Direntry(name, ino=at.st_ino, type=stat.S_IFMT(at.st_mode)) for name, at in found]

    def readlink(self, path):
        return os.readlink(source + path)

    def mkdir(self, path, mode):
        os.mkdir(source + path, mode)

    def unlink(self, path):
        os.unlink(source + path)

    def rmdir(self, path):
        os.rmdir(source + path)

    def rename(self, old, new):
        os.rename(source + old, source + new)

    def symlink(self, target, path):
        os.symlink(target, source + path)

    def chmod(self, path, mode):
        check("chmod", path)
        os.chmod(source + path, mode)

    def chown(self, path, uid, gid):
        check("chown", path)
        os.chown(source + path, uid, gid)

    def utimens(self, path, accessed, modified):
        nanos = lambda time: time.tv_sec * 10**9 + time.tv_nsec
        os.utime(source + path, ns=(nanos(accessed), nanos(modified)))

    def truncate(self, path, length):
        os.truncate(source + path, length)


server = Mount()
server.multithreaded = False
server.parse([sys.argv[0], "-f", "-o", "use_ino,attr_timeout=0,entry_timeout=0", mount_point], errex=1)
server.main()
