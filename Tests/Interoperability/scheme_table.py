"""Prints the table of schemes from the reports of `assay run suites/schemes.yaml` and its log of speeds.

Usage: scheme_table.py REPORT.json BITS.json LOG    (scripts/scheme-table calls it)
"""
import json, re, sys

SMOOTH, LLM8, GPTQ, AWQ = "Xiao et al. 2023", "Dettmers et al. 2022", "Frantar et al. 2022", "Lin et al. 2023"
KRISHNAMOORTHI, WU, MX = "Krishnamoorthi 2018", "Wu et al. 2020", "OCP Microscaling 1.0"
SCHEMES = {  # what it is, and where it is defined
    "bf16": ("weights and inputs BF16", "bfloat16"),
    "fp16": ("weights and inputs FP16", "IEEE 754"),
    "fp8-e4m3": ("W8A8 FP8, per channel and token", "Micikevicius et al. 2022"),
    "fp8-e5m2": ("the same in E5M2", "Micikevicius et al. 2022"),
    "int8": ("W8A8, per channel and token", SMOOTH + " (O1)"),
    "int8:symmetric=false": ("the same with zero points", "Jacob et al. 2018"),
    "int8:activations=none": ("W8A16, per channel", KRISHNAMOORTHI),
    "int8:activations=per-tensor": ("W8A8, inputs per tensor", SMOOTH + " (O2)"),
    "int8:activations=per-tensor,smoothquant=0.5": ("the same, SmoothQuant", SMOOTH),
    "int8:activations=static": ("W8A8, static min-max ranges", WU),
    "int8:activations=static,calibrate=percentile": ("static 99.99 % ranges", WU),
    "int8:activations=static,calibrate=mse": ("static ranges of least squares", WU),
    "int8:activations=static,calibrate=entropy": ("static ranges of least KL", WU),
    "int8:smoothquant=0.5": ("W8A8 per token, SmoothQuant", SMOOTH),
    "int8:outliers=6.0": ("LLM.int8(), outliers in FP16", LLM8),
    "int8:rounding=gptq": ("W8A8, GPTQ", GPTQ),
    "mxfp8": ("MX blocks of 32 E4M3", MX),
    "mxfp6": ("MX blocks of 32 E2M3", MX),
    "mxfp6-e3m2": ("MX blocks of 32 E3M2", MX),
    "mxfp4": ("MX blocks of 32 E2M1", MX),
    "mxfp4:activations=none": ("the same, weights only", MX),
    "nvfp4": ("blocks of 16 E2M1, E4M3 scale", "NVIDIA NVFP4"),
    "nvfp4:activations=none": ("the same, weights only", "NVIDIA NVFP4"),
    "int4": ("W4A16, groups of 32", "round to nearest"),
    "int4:symmetric=false": ("the same with zero points", "GPTQ/AWQ's RTN"),
    "int4:group=128": ("W4A16, groups of 128", "round to nearest"),
    "int4:rounding=gptq": ("W4A16, GPTQ", GPTQ),
    "int4:awq=scales": ("W4A16, AWQ scales", AWQ),
    "int4:awq=scales+clips": ("W4A16, AWQ scales and clips", AWQ),
    "fp32:prune=2:4": ("two of four weights zero", "Mishra et al. 2021"),
    "fp32:prune=0.5": ("half of the weights zero", "Han et al. 2015"),
}
report, bits, log = json.load(open(sys.argv[1])), json.load(open(sys.argv[2])), open(sys.argv[3]).read()
speeds = {m[1]: m[2] for m in re.finditer(r"^(\S+): \d+ prompts, \d+ tokens in [\d.]+ s, (\d+) tokens/s", log, re.M)}
print("| scheme | what | defined by | bits | tokens/s | ROUGE-L kept | KL, nats |\n|---|---|---|---:|---:|---:|---:|")
for submission in report["submissions"]:
    name = submission["name"]
    base, _, options = name.partition(":")
    what, paper = SCHEMES.get(name) or (
        f"llama.cpp {base.upper()}" + {"": "", "activations=q8": ", inputs Q8", "imatrix=true": ", importance matrix"}[options],
        "llama.cpp")
    gate = next(g for g in submission["gates"] if g["gate"] == "reference")
    rougeL = next(m for m in gate["metrics"] if m["name"] == "rougeL")
    kl = submission["logits"]["comparison"]["kld"]["mean"]
    print(f"| `{name}` | {what} | {paper} | {bits[name]:.2f} | {speeds.get(name, '')} | {100 * rougeL['ratio']:.1f} % | {kl:.4g} |")
