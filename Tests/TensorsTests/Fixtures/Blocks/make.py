"""Makes the block fixtures; see HOW-MADE.md."""
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

# Where each format keeps its binary16 scales; they get finite values, the other bytes are random.
HALVES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
    T.IQ4_NL: [0], T.IQ4_XS: [0], T.MXFP4: [], T.F16: [0], T.BF16: [], T.F32: [],
}
BLOCKS = {1: 96, 32: 12, 256: 4}
rng = np.random.default_rng(20240607)

for kind, offsets in HALVES.items():
    elements, size = GGML_QUANT_SIZES[kind]
    count = BLOCKS[elements]
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for offset in offsets:
        scales = (rng.standard_normal(count) * 10.0 ** rng.uniform(-7, 3, count)).astype(np.float16)
        blocks[:, offset:offset + 2] = scales.view(np.uint8).reshape(count, 2)
    if kind in (T.BF16, T.F32):  # no NaN: their payloads are not compared
        values = (rng.standard_normal(count) * 10.0 ** rng.uniform(-38, 38, count)).astype(np.float32)
        blocks = (values.view(np.uint8).reshape(count, 4))[:, 4 - size:].copy()
    values = dequantize(blocks, kind).astype(np.float32)
    blocks.tofile(f"{kind.name}.blocks")
    values.tofile(f"{kind.name}.values")

inputs = []
for i in range(40):
    x = rng.standard_normal(32) * 10.0 ** rng.uniform(-6, 3)
    if i % 5 == 1: x = np.abs(x)            # one sign
    if i % 5 == 2: x = np.round(x * 4) / 4  # ties, repeated extremes
    if i % 5 == 3: x[rng.integers(32)] *= 50  # an outlier
    inputs.append(x)
inputs += [np.zeros(32), np.full(32, 0.7), np.full(32, -3.0), np.linspace(-1, 1, 32)]
inputs = np.array(inputs, dtype=np.float32) + np.float32(0)  # no -0: numpy and ggml choose differently among zeros
inputs.tofile("input.values")
for kind in (T.F32, T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0):
    np.ascontiguousarray(quantize(inputs, kind)).tofile(f"input.{kind.name}.blocks")

np.array([np.sin(0.7 * i) * (1 + 0.05 * i) for i in range(32)], dtype=np.float32).tofile("golden.values")
