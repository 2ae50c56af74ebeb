"""Makes the GGUF fixtures; see HOW-MADE.md. The model's path is the argument."""
import json, sys, zlib
import numpy as np
from gguf import GGUFReader, GGUFValueType as V, GGUFWriter, GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

w = GGUFWriter("mixed.bin", "llama")
w.add_key_value("a.uint8", 200, V.UINT8)
w.add_key_value("a.int8", -100, V.INT8)
w.add_key_value("a.uint16", 60000, V.UINT16)
w.add_key_value("a.int16", -30000, V.INT16)
w.add_key_value("a.uint32", 4000000000, V.UINT32)
w.add_key_value("a.int32", -2000000000, V.INT32)
w.add_key_value("a.float32", 1.5, V.FLOAT32)
w.add_key_value("a.bool", True, V.BOOL)
w.add_key_value("a.string", "grüße, 世界 🌍", V.STRING)
w.add_key_value("a.uint64", 2**63 + 5, V.UINT64)
w.add_key_value("a.int64", -2**62, V.INT64)
w.add_key_value("a.float64", 0.1, V.FLOAT64)
w.add_key_value("b.strings", ["", "one", "zwei"], V.ARRAY, V.STRING)
w.add_key_value("b.int32s", [1, -2, 3], V.ARRAY, V.INT32)
w.add_key_value("b.float32s", [0.5, -0.25], V.ARRAY, V.FLOAT32)
w.add_key_value("b.bools", [True, False, True], V.ARRAY, V.BOOL)

rng = np.random.default_rng(7)
x = rng.standard_normal((6, 64)).astype(np.float32)
w.add_tensor("f32", x[:3])
w.add_tensor("vector", x[0, :5].copy())
w.add_tensor("f16", x.astype(np.float16).reshape(2, 3, 64))
for kind in (T.Q4_0, T.Q8_0):
    w.add_tensor(kind.name.lower(), quantize(x, kind), raw_dtype=kind)
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
x.tofile("mixed.values")
np.concatenate([dequantize(quantize(x, k), k).ravel() for k in (T.Q4_0, T.Q8_0)]).tofile("mixed.quantized.values")

if len(sys.argv) > 1:
    model = GGUFReader(sys.argv[1])
    table = []
    for t in model.tensors:
        row = {"name": t.name, "dimensions": [int(d) for d in t.shape], "type": t.tensor_type.name,
               "offset": int(t.data_offset), "bytes": int(t.n_bytes)}
        if t.name in ("output_norm.weight", "blk.7.attn_k.weight", "blk.29.ffn_down.weight"):
            row["crc32"] = zlib.crc32(dequantize(t.data, t.tensor_type).astype("<f4").tobytes())
        if t.name == "token_embd.weight":  # rows 1000..<1010
            row["crc32"] = zlib.crc32(dequantize(t.data[1000:1010], t.tensor_type).astype("<f4").tobytes())
        table.append(row)
    open("SmolLM2-135M-Instruct.Q4_1.tensors.json", "w").write("[\n" + ",\n".join(json.dumps(r) for r in table) + "\n]\n")
