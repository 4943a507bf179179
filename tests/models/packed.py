"""Files of weights in 4 bits, written by hand."""

import struct

import numpy as np

WIDTH, INNER, BLOCKS, POSITIONS = 32, 64, 2, 6
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581good", "\u2581", "g", "\uff5e", "~", "\u2581bad"]


def sizes():
    """Name -> shape of every tensor of the file."""
    found = {
        "emb.word": (len(PIECES), WIDTH),
        "emb.pos": (POSITIONS, WIDTH),
        "emb.type": (2, WIDTH),
        "emb.ln.w": (WIDTH,),
        "emb.ln.b": (WIDTH,),
    }
    for block in range(BLOCKS):
        for part in ("q", "k", "v", "ao"):
            found[f"l{block}.{part}.w"] = (WIDTH, WIDTH)
        found[f"l{block}.fi.w"], found[f"l{block}.fi.b"] = (INNER, WIDTH), (INNER,)
        found[f"l{block}.fo.w"] = (WIDTH, INNER)
        for part in ("q.b", "k.b", "v.b", "ao.b", "fo.b", "aln.w", "aln.b", "oln.w", "oln.b"):
            found[f"l{block}.{part}"] = (WIDTH,)
    return found


def is_packed(name):
    return name == "emb.word" or (name.endswith(".w") and "ln" not in name)


def four_bits(numbers, scales):
    """The bytes of numbers of 0 to 15, each 32 of them with a scale."""
    packed = b""
    for start, scale in zip(range(0, len(numbers), 32), scales, strict=True):
        block = [int(number) for number in numbers[start : start + 32]]
        packed += struct.pack("<e", scale)
        packed += bytes(low | high << 4 for low, high in zip(block[:16], block[16:], strict=True))
    return packed


def contents(seed=0):
    """Name -> (kind, bytes) of every tensor, and name -> the weights that they hold."""
    draw = np.random.default_rng(seed)
    stored, weights = {}, {}
    for name, size in sizes().items():
        count = int(np.prod(size))
        if is_packed(name):
            numbers = draw.integers(0, 16, count)
            scales = np.float16(draw.normal(size=count // 32))
            stored[name] = (1, four_bits(numbers, scales))
            held = [float(scales[n // 32]) * (int(q) - 8) for n, q in enumerate(numbers)]
            weights[name] = np.array(held, np.float32).reshape(size)
        else:
            weights[name] = draw.normal(size=size).astype(np.float32)
            stored[name] = (0, weights[name].tobytes())
    return stored, weights


def file(stored, *, shape=None, special=(0, 2, 1, 3), pieces=PIECES, start=b"E5S1\1\0\0\0", size=32):
    """The bytes of a file."""
    shape = shape or (WIDTH, BLOCKS, 2, INNER, len(pieces), POSITIONS, 2)
    texts = [piece if isinstance(piece, bytes) else piece.encode() for piece in pieces]
    starts = np.cumsum([0, *map(len, texts)]).astype("<u4")
    scores = np.array([0.0] * 4 + [-float(n) for n in range(1, len(pieces) - 3)], "<f4")
    head = start + struct.pack("<7ifi", *shape, 1e-12, size)
    head += struct.pack("<5iQ", len(pieces), *special, int(starts[-1]))
    head += starts.tobytes() + scores.tobytes() + b"".join(texts)
    head += struct.pack("<iI", 1, 5) + b"12345"
    directory = 4 + sum(2 + len(name) + 21 for name in stored)
    entries, body, at = struct.pack("<i", len(stored)), b"", len(head) + directory
    for name, (kind, data) in stored.items():
        count = len(data) // 4 if kind == 0 else len(data) // 18 * 32
        entries += struct.pack("<H", len(name)) + name.encode()
        entries += struct.pack("<BIQQ", kind, count, at + len(body), len(data))
        body += data
    return head + entries + body
