"""A baseline file written anew with other Huffman tables: the same coefficients in codes that no encoder chooses.

Sections are those of ITU-T T.81. In comes a sequential file of 8-bit samples as cjpeg writes it, scans and restart
intervals of any kind; out goes the same file with tables made by one of `SHAPES`.
"""

import struct
from collections import Counter

DHT, SOS, DRI, EOI = 0xC4, 0xDA, 0xDD, 0xD9


def segments(data):
    """(marker, payload, entropy-coded bytes behind it), from SOI to EOI (B.1.1)."""
    at = 2
    while data[at + 1] != EOI:
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        end = at + 2 + length
        after = end
        if marker == SOS:
            while not (data[after] == 0xFF and data[after + 1] != 0 and not 0xD0 <= data[after + 1] <= 0xD7):
                after += 1
        yield marker, data[at + 4 : end], data[end:after]
        at = after


def intervals(entropy):
    """The bytes between restart markers, without stuffing (B.1.1.5, F.1.2.3)."""
    start, at = 0, 0
    while at + 1 < len(entropy):
        if entropy[at] == 0xFF and entropy[at + 1] != 0:
            yield entropy[start:at].replace(b"\xff\x00", b"\xff")
            start = at = at + 2
        else:
            at += 1
    yield entropy[start:].replace(b"\xff\x00", b"\xff")


def codes_of(lengths, values):
    """(code, length) of each value (C.2)."""
    code, place, codes = 0, 0, {}
    for length, count in enumerate(lengths, 1):
        for value in values[place : place + count]:
            codes[value] = (code, length)
            code += 1
        place += count
        code <<= 1
    return codes


class Frame:
    def __init__(self, payload):
        _, self.height, self.width, count = struct.unpack_from(">BHHB", payload)
        self.sampling = {payload[6 + 3 * c]: divmod(payload[7 + 3 * c], 16) for c in range(count)}

    def units(self, components):
        """MCUs of a scan, and the components of the blocks of each (A.2.2, A.2.3)."""
        across = max(h for h, _ in self.sampling.values())
        down = max(v for _, v in self.sampling.values())
        if len(components) > 1:
            blocks = [c for c in components for _ in range(self.sampling[c][0] * self.sampling[c][1])]
            return -(-self.width // (8 * across)) * -(-self.height // (8 * down)), blocks
        h, v = self.sampling[components[0]]
        return -(-self.width * h // (8 * across)) * -(-self.height * v // (8 * down)), components


class Reader:
    def __init__(self, data):
        self.bits, self.left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count):
        self.left -= count
        return self.bits >> self.left & ((1 << count) - 1)

    def symbol(self, values):
        code, length = 0, 0
        while (code, length) not in values:
            code, length = code << 1 | self.take(1), length + 1
        return values[code, length]


def symbols(reader, tables, blocks):
    """(table, symbol, additional bits) of the blocks of one MCU (F.1.2.1, F.1.2.2)."""
    for component in blocks:
        dc, ac = tables[component]
        size = reader.symbol(dc[1])
        yield dc[0], size, reader.take(size)
        k = 1
        while k < 64:
            symbol = reader.symbol(ac[1])
            yield ac[0], symbol, reader.take(symbol & 15)
            if symbol == 0:
                break
            k += (symbol >> 4) + 1


def read_scan(header, entropy, frame, tables, interval):
    """For each restart interval the list of its symbols."""
    components = [header[1 + 2 * c] for c in range(header[0])]
    used = {}
    for c, component in enumerate(components):
        dc, ac = divmod(header[2 + 2 * c], 16)
        used[component] = ((dc, tables[dc]), (16 + ac, tables[16 + ac]))
    units, blocks = frame.units(components)
    for part in intervals(entropy):
        reader = Reader(part)
        count = min(units, interval or units)
        units -= count
        yield [symbol for _ in range(count) for symbol in symbols(reader, used, blocks)]


def write_scan(parts, codes):
    """The entropy-coded bytes: padded with ones, stuffed, restart markers between (F.1.2.3)."""
    out = []
    for part in parts:
        bits = "".join(
            format(codes[table][symbol][0], f"0{codes[table][symbol][1]}b")
            + (format(more, f"0{symbol & 15}b") if symbol & 15 else "")
            for table, symbol, more in part
        )
        bits += "1" * (-len(bits) % 8)
        out.append(int("1" + bits, 2).to_bytes(len(bits) // 8 + 1, "big")[1:].replace(b"\xff", b"\xff\x00"))
    markers = [bytes([0xFF, 0xD0 + number % 8]) for number in range(len(out) - 1)]
    return b"".join(part + marker for part, marker in zip(out, markers + [b""]))


def longest_for_the_common(table, counts):
    """One code of each length, the rarest symbol first; what is common has 16 bits."""
    values = [value for value, _ in sorted(counts.items(), key=lambda item: (item[1], item[0]))]
    single = min(len(values) - 1, 8)
    lengths = [1] * single + [0] * (16 - single)
    lengths[15] += len(values) - single
    return lengths, values


def all_of_sixteen_bits(table, counts):
    return [0] * 15 + [len(counts)], sorted(counts)


def all_of_eight_bits(table, counts):
    return [0] * 7 + [len(counts)] + [0] * 8, sorted(counts)


def every_symbol_that_may_be(table, counts):
    """All symbols that a picture of 8 bits can have (tables F.1 and F.2), used or not."""
    values = list(range(12)) if table < 16 else [0x00, 0xF0, *(16 * run + size for run in range(16) for size in range(1, 11))]
    return [0] * 7 + [len(values)] + [0] * 8, values[::-1]


SHAPES = (longest_for_the_common, all_of_sixteen_bits, all_of_eight_bits, every_symbol_that_may_be)


def recode(data, shape):
    """`data` with tables of that `shape`, in one segment before each scan."""
    out, frame, tables, interval = [b"\xff\xd8"], None, {}, 0
    for marker, payload, entropy in segments(data):
        if marker == DHT:
            tables |= read_tables(payload)
            continue
        if marker in (0xC0, 0xC1):
            frame = Frame(payload)
        if marker == DRI:
            (interval,) = struct.unpack(">H", payload)
        if marker == SOS:
            parts = list(read_scan(payload, entropy, frame, tables, interval))
            counts = {}
            for table, symbol, _ in (symbol for part in parts for symbol in part):
                counts.setdefault(table, Counter())[symbol] += 1
            shapes = {table: shape(table, found) for table, found in counts.items()}
            text = b"".join(bytes([t, *lengths, *values]) for t, (lengths, values) in sorted(shapes.items()))
            out.append(segment(DHT, text))
            entropy = write_scan(parts, {t: codes_of(*made) for t, made in shapes.items()})
        out.append(segment(marker, payload) + entropy)
    return b"".join(out) + b"\xff\xd9"


def read_tables(payload):
    """Class and number -> symbol of (code, length) (B.2.4.2)."""
    tables, at = {}, 0
    while at < len(payload):
        lengths = payload[at + 1 : at + 17]
        values = payload[at + 17 : at + 17 + sum(lengths)]
        tables[payload[at]] = {code: value for value, code in codes_of(lengths, values).items()}
        at += 17 + sum(lengths)
    return tables


def segment(marker, payload):
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload
