"""Prints README's table of schemes from the reports of `assay run suites/schemes.yaml` and its log of speeds.

Usage: scheme_table.py REPORT.json BITS.json LOG    (scripts/scheme-table calls it)
"""
import json, re, sys

PAPER = {  # what it is, and where it is defined
    "bf16": ("weights and inputs BF16", "bfloat16"),
    "fp16": ("weights and inputs FP16", "IEEE 754"),
    "fp8-e4m3": ("W8A8 FP8, per channel and token", "Micikevicius et al. 2022"),
    "fp8-e5m2": ("the same in E5M2", "Micikevicius et al. 2022"),
    "int8": ("W8A8 INT8, per channel and token", "SmoothQuant O1, LLM.int8()"),
    "int8:symmetric=false": ("the same with zero points", "Jacob et al. 2018"),
    "int8:activations=none": ("W8A16, per channel", "round to nearest"),
    "mxfp8": ("MX blocks of 32 E4M3", "OCP Microscaling 1.0"),
    "mxfp6": ("MX blocks of 32 E2M3", "OCP Microscaling 1.0"),
    "mxfp6-e3m2": ("MX blocks of 32 E3M2", "OCP Microscaling 1.0"),
    "mxfp4": ("MX blocks of 32 E2M1", "OCP Microscaling 1.0"),
    "mxfp4:activations=none": ("the same, weights only", "OCP Microscaling 1.0"),
    "nvfp4": ("blocks of 16 E2M1, E4M3 scale", "NVIDIA NVFP4"),
    "nvfp4:activations=none": ("the same, weights only", "NVIDIA NVFP4"),
    "int4": ("W4A16, groups of 32", "round to nearest"),
    "int4:symmetric=false": ("the same with zero points", "GPTQ/AWQ's RTN baseline"),
    "int4:group=128": ("W4A16, groups of 128", "round to nearest"),
}
report, bits, log = json.load(open(sys.argv[1])), json.load(open(sys.argv[2])), open(sys.argv[3]).read()
speeds = {m[1]: m[2] for m in re.finditer(r"^(\S+): \d+ prompts, \d+ tokens in [\d.]+ s, (\d+) tokens/s", log, re.M)}
rows = []
for submission in report["submissions"]:
    name = submission["name"]
    what, paper = PAPER.get(name, (None, None))
    if what is None:
        base = name.split(":")[0]
        what = "llama.cpp " + base.upper() + (", inputs Q8" if "activations=q8" in name else "")
        paper = "ggml"
    gate = next(g for g in submission["gates"] if g["gate"] == "reference")
    rougeL = next(m for m in gate["metrics"] if m["name"] == "rougeL")
    kl = submission.get("logits", {}).get("kl_mean") if isinstance(submission.get("logits"), dict) else None
    rows.append((name, what, paper, f"{bits[name]:.2f}", f"{100 * rougeL['ratio']:.1f} %",
                 f"{kl:.4f}" if kl is not None else "", speeds.get(name, "")))
with_kl = any(row[5] for row in rows)
head = ["scheme", "what", "defined by", "bits", "ROUGE-L kept"] + (["KL, nats"] if with_kl else []) + ["tokens/s"]
print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
for row in rows:
    cells = [f"`{row[0]}`", *row[1:5]] + ([row[5]] if with_kl else []) + [row[6]]
    print("| " + " | ".join(cells) + " |")
