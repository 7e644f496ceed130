"""Empties a CUDA library of the machine code that other generations of cards need: `one_generation.py IN OUT 90` keeps
compute capability 9.0. Nothing moves, what is dropped becomes zeros, so the file is only smaller once it is packed.

Code lies in two places. The section .nv_fatbin is a row of containers (magic, version, header length, payload length),
each a row of entries (kind, header length, payload length, ..., compute capability); the driver looks at an entry's
header before its payload. And some kernels are whole ELF files in .rodata, with the machine number of CUDA and the
capability in the low byte of their flags."""

import pathlib
import struct
import sys

CONTAINER = struct.pack("<I", 0xBA55ED50)
CUDA_MACHINE = 190


class Sections(dict):
    """Name to (offset, length) of an ELF file's sections."""

    def __init__(self, image):
        table, = struct.unpack_from("<Q", image, 0x28)
        size, count, names = struct.unpack_from("<3H", image, 0x3A)
        headers = [struct.unpack_from("<IIQQQQ", image, table + i * size) for i in range(count)]
        for name, _, _, _, offset, length in headers:
            start = headers[names][4] + name
            self[bytes(image[start : image.index(b"\0", start)]).decode()] = (offset, length)


def entries(image, start, length):
    """(capability, offset, length) of each entry's payload."""
    at, end = start, start + length
    while (at := image.find(CONTAINER, at, end)) >= 0:
        header, payload = struct.unpack_from("<HQ", image, at + 6)
        entry, at = at + header, at + header + payload
        while entry < at:
            header, payload = struct.unpack_from("<IQ", image, entry + 4)
            capability, = struct.unpack_from("<I", image, entry + 28)
            yield capability, entry + header, payload
            entry += header + payload


def programs(image, start, length):
    """(capability, offset, length) of each ELF file of CUDA's in a section."""
    at, end = start, start + length
    while (at := image.find(b"\x7fELF\x02", at, end)) >= 0:
        found = at
        at += 4
        if struct.unpack_from("<H", image, found + 18)[0] == CUDA_MACHINE:
            segments, sections = struct.unpack_from("<QQ", image, found + 32)
            flags, = struct.unpack_from("<I", image, found + 48)
            segment_size, segment_count, section_size, section_count = struct.unpack_from("<4H", image, found + 54)
            size = max(segments + segment_size * segment_count, sections + section_size * section_count)
            yield flags & 0xFF, found, size
            at = found + size


def main(source, target, kept):
    image = bytearray(pathlib.Path(source).read_bytes())
    sections = Sections(image)
    left = gone = 0
    for name, walk in ((".nv_fatbin", entries), (".rodata", programs)):
        for capability, offset, length in list(walk(image, *sections.get(name, (0, 0)))):
            if capability == kept:
                left += length
            else:
                image[offset : offset + length] = bytes(length)
                gone += length
    pathlib.Path(target).write_bytes(image)
    print(f"kept {left / 1e6:.1f} MB of machine code, emptied {gone / 1e6:.1f} MB", file=sys.stderr)
    if left == 0:
        sys.exit(f"{source} has no code for compute capability {kept / 10}")


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
