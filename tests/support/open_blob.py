#!/usr/bin/env python3
"""open_blob.py BLOB: decrypts a data blob with nothing but openssl's AES and zstd's program.

The key, 64 hex digits, is the standard input; the plain bytes are the standard output. Fails unless
magic, checksum and authentication tag are right."""
import subprocess, sys, zlib

PLAIN_MAGIC, ZSTD_MAGIC = bytes.fromhex("7b6785be222d4cf0"), bytes.fromhex("e6591bbf0bbfd80b")
key = sys.stdin.read().strip()
blob = open(sys.argv[1], "rb").read()
magic, crc, iv, tag, text = blob[:8], blob[8:12], blob[12:28], blob[28:44], blob[44:]


def aes(mode, data, *more):
    command = ["openssl", "enc", f"-aes-256-{mode}", "-K", key, "-nopad", *more]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def multiply(x, y):
    """In GF(2^128), bits in GCM's order."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
    return product


def ghash(h, data):
    state = 0
    for start in range(0, len(data), 16):
        state = multiply(state ^ int.from_bytes(data[start : start + 16].ljust(16, b"\0"), "big"), h)
    return state


h = int.from_bytes(aes("ecb", bytes(16)), "big")
# An IV that has not 12 bytes is hashed into the first counter (NIST SP 800-38D, section 7.1).
counter = ghash(h, iv + bytes(8) + (8 * len(iv)).to_bytes(8, "big"))
first = counter >> 32 << 32 | (counter + 1) % 2**32
plain = aes("ctr", text, "-iv", first.to_bytes(16, "big").hex()) if text else b""
padded = text + bytes(-len(text) % 16)
expected = ghash(h, padded + bytes(8) + (8 * len(text)).to_bytes(8, "big"))
expected ^= int.from_bytes(aes("ecb", counter.to_bytes(16, "big")), "big")
assert zlib.crc32(text) == int.from_bytes(crc, "little"), "wrong checksum"
assert expected.to_bytes(16, "big") == tag, "wrong tag"
if magic == ZSTD_MAGIC:
    plain = subprocess.run(["zstd", "-dc"], input=plain, stdout=subprocess.PIPE, check=True).stdout
else:
    assert magic == PLAIN_MAGIC, "wrong magic"
sys.stdout.buffer.write(plain)
