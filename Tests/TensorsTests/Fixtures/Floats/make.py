"""Makes the fixtures of FP8, Microscaling and NVFP4; see HOW-MADE.md."""
import numpy as np, ml_dtypes as ml

FORMATS = {  # dtype, bits, largest value, exponent of the largest binade
    "E4M3": (ml.float8_e4m3fn, 8, 448.0, 8), "E5M2": (ml.float8_e5m2, 8, 57344.0, 15),
    "E3M2": (ml.float6_e3m2fn, 6, 28.0, 4), "E2M3": (ml.float6_e2m3fn, 6, 7.5, 2), "E2M1": (ml.float4_e2m1fn, 4, 6.0, 2),
}
rng = np.random.default_rng(20261124)


def round_to(x, name):
    dtype, _, largest, _ = FORMATS[name]
    return np.clip(x, -largest, largest).astype(np.float32).astype(dtype)


def pack(codes, bits):  # one code after the other, least significant bit first
    stream = np.unpackbits(codes.astype(np.uint8)[:, None], axis=1, bitorder="little")[:, :bits].reshape(-1)
    return np.packbits(stream, bitorder="little")


inputs = [rng.standard_normal(32) * 10.0 ** rng.uniform(-5, 4) for _ in range(48)]
inputs[40] = np.arange(32) / 8 - 2                      # ties
inputs[41] = np.linspace(-1, 1, 32) * 2.0 ** -120       # small
inputs[42] = np.zeros(32)
inputs[43] = np.linspace(-448, 448, 32)
inputs[44] = rng.standard_t(2, 32)
inputs[45] = np.full(32, 7.9)                           # just below a power of two: saturates
inputs[46] = np.abs(rng.standard_normal(32)) * 2.0 ** 100
inputs[47] = np.where(np.arange(32) == 5, 300, 0.01)    # an outlier
x = np.array(inputs, dtype=np.float32) + np.float32(0)
x.tofile("input.values")

for name, (dtype, bits, largest, exponent) in FORMATS.items():
    codes = np.arange(1 << bits, dtype=np.uint8).view(dtype)
    codes.astype(np.float32).tofile(f"{name}.codes.values")
    round_to(x, name).astype(np.float32).tofile(f"{name}.rounded.values")
    # FP8 weights: a scale per row.
    scale = np.abs(x).max(axis=1, keepdims=True) / np.float32(largest)
    scale[scale == 0] = 1
    (round_to(x / scale, name).astype(np.float32) * scale).astype(np.float32).tofile(f"{name}.scaled.values")
    # Microscaling: X = 2^(floor(log2 absmax) - emax), elements round(x / X), saturating.
    blocks, values = [], []
    for row in x:
        peak = float(np.abs(row).max())
        e = -127 if peak == 0 else int(np.clip(np.frexp(peak)[1] - 1 - exponent, -127, 127))
        elements = round_to((row.astype(np.float64) * 2.0 ** -e).astype(np.float32), name)
        blocks.append(np.concatenate([[e + 127], pack(elements.view(np.uint8), bits)]))
        values.append((elements.astype(np.float64) * 2.0 ** e).astype(np.float32))
    np.array(blocks, dtype=np.uint8).tofile(f"MX{name}.blocks")
    np.array(values).tofile(f"MX{name}.values")
    assert np.array_equal(np.array([np.float32(ml.float8_e8m0fnu(1))]), [np.float32(1)])

# NVFP4: the input's rows 0 to 39 as one tensor.
tensor = x[:40].reshape(-1, 16)
g = np.float32(np.abs(tensor).max() / np.float32(6 * 448))
blocks, values = [], []
for block in tensor:
    code = np.clip(np.abs(block).max() / np.float32(6) / g, 0, 448).astype(np.float32).astype(ml.float8_e4m3fn)
    s = np.float32(code) * g
    elements = np.zeros(16, dtype=ml.float4_e2m1fn) if s == 0 else round_to(block / s, "E2M1")
    nibbles = elements.view(np.uint8)
    blocks.append(np.concatenate([[code.view(np.uint8)], nibbles[0::2] | nibbles[1::2] << 4]))
    values.append(elements.astype(np.float32) * s)
np.array(blocks, dtype=np.uint8).tofile("NVFP4.tensor.blocks")
np.array(values, dtype=np.float32).tofile("NVFP4.tensor.values")
