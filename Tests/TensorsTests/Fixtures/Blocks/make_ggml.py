"""Makes the fixtures of the formats that only ggml itself can quantize; see HOW-MADE.md."""
import ctypes, glob, os, sys
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

package = os.path.join(sys.prefix, "lib", "python3*", "site-packages", "xllamacpp", "xllamacpp.abi3.so")
lib = ctypes.PyDLL(glob.glob(package)[0])
lib.ggml_quantize_chunk.restype = ctypes.c_size_t
lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]


def quantize(x, kind, importance=None):
    elements, size = GGML_QUANT_SIZES[kind]
    out = np.zeros((len(x), x.shape[1] // elements * size), dtype=np.uint8)
    weights = None if importance is None else importance.ctypes.data
    assert lib.ggml_quantize_chunk(kind, x.ctypes.data, out.ctypes.data, 0, len(x), x.shape[1], weights) == out.size
    return out


rng = np.random.default_rng(20261124)
rows = []
for i in range(24):  # rows of two blocks of 256
    x = rng.standard_normal(512) * 10.0 ** rng.uniform(-4, 1)
    if i % 6 == 1: x = np.abs(x)                              # one sign
    if i % 6 == 2: x = np.round(x * 4 / np.abs(x).max() * 4) / 4  # ties, repeated extremes
    if i % 6 == 3: x[rng.integers(512, size=5)] *= 50         # outliers
    if i % 6 == 4: x *= np.repeat(10.0 ** rng.uniform(-3, 0, 16), 32)  # groups of different size
    if i % 6 == 5: x = rng.standard_t(3, 512) * 0.02          # heavy tails, like weights
    rows.append(x)
rows[20][:256] = 0        # a block of zeros
rows[21][32:64] = 0       # a group of zeros
rows[22][:] = 0.7         # one value
rows[23][:256] = 1e-20    # below what counts as zero
rows = np.ascontiguousarray(np.array(rows, dtype=np.float32) + np.float32(0))
importance = np.ascontiguousarray((rng.standard_normal(512) ** 2 + 1e-3).astype(np.float32))
importance[100:110] = 0   # inputs that calibration never saw
rows.tofile("rows.values")
importance.tofile("importance.values")
for kind in (T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K, T.IQ4_NL, T.IQ4_XS, T.MXFP4, T.NVFP4, T.TQ1_0, T.TQ2_0,
             T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0):
    quantize(rows, kind).tofile(f"rows.{kind.name}.blocks")
for kind in (T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K, T.IQ4_NL, T.IQ4_XS, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0):
    quantize(rows, kind, importance).tofile(f"rows.{kind.name}.important.blocks")

# Random blocks of the formats that make.py does not know.
for kind, offsets in {T.NVFP4: [], T.TQ1_0: [52], T.TQ2_0: [64]}.items():
    elements, size = GGML_QUANT_SIZES[kind]
    count = 1024 // elements
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    if kind is T.NVFP4: blocks[:, :4] &= 0x7f  # scales have no sign
    for offset in offsets:
        scales = (rng.standard_normal(count) * 10.0 ** rng.uniform(-7, 3, count)).astype(np.float16)
        blocks[:, offset:offset + 2] = scales.view(np.uint8).reshape(count, 2)
    blocks.tofile(f"{kind.name}.blocks")
    dequantize(blocks, kind).astype(np.float32).tofile(f"{kind.name}.values")
