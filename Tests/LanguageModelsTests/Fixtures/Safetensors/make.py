"""Writes types.safetensors, a tensor of every element type, and types.f32, the values that torch reads from them."""
import sys
import numpy as np, torch
from safetensors.torch import save_file

out = sys.argv[1]
g = torch.Generator().manual_seed(1)
every = torch.arange(256, dtype=torch.int64).to(torch.uint8)
wide = torch.randint(0, 256, (4, 16), generator=g).to(torch.uint8)
types = dict(BOOL=torch.bool, U8=torch.uint8, I8=torch.int8, F8_E5M2=torch.float8_e5m2, F8_E4M3=torch.float8_e4m3fn,
             I16=torch.int16, U16=torch.uint16, F16=torch.float16, BF16=torch.bfloat16, I32=torch.int32, U32=torch.uint32,
             F32=torch.float32, F64=torch.float64, I64=torch.int64, U64=torch.uint64)
tensors = {}
for name, dtype in types.items():
    source = every if name.startswith("F8") or name in ("I8", "U8") else wide
    tensors[name] = (source % 2).bool() if name == "BOOL" else source.contiguous().view(dtype).clone()
tensors["scalar"] = torch.tensor(1.5)
tensors["empty"] = torch.zeros(0, 4)
save_file(tensors, f"{out}/types.safetensors", metadata={"made": "by make.py"})
with open(f"{out}/types.f32", "wb") as f:
    for name in types:
        f.write(tensors[name].to(torch.float64).to(torch.float32).numpy().astype("<f4").tobytes() if name not in ("I64", "U64")
                else tensors[name].numpy().astype("<f4").tobytes())
