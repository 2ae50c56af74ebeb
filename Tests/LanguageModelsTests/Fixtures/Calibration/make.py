"""Static activation ranges as NVIDIA's histogram calibrators find them, in NumPy and SciPy. Usage: python make.py FOLDER

Every candidate range is evaluated by the definition: the distribution itself and its 128-level form, bin by bin.
"""
import json
import pathlib
import sys

import numpy as np
from scipy.stats import entropy

folder = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(20261124)
LEVELS = 128


def collect(batches):
    """2048 bins up to the first batch's maximum; later batches add bins of the same width."""
    first = np.abs(batches[0].astype(np.float64)).max()
    width = first / 2048
    counts = np.zeros(2048, np.int64)
    for batch in batches:
        magnitudes = np.abs(batch.astype(np.float64))
        bins = int(np.ceil(magnitudes.max() / width))
        if bins > len(counts):
            counts = np.concatenate([counts, np.zeros(bins - len(counts), np.int64)])
        np.add.at(counts, np.minimum((magnitudes / width).astype(int), len(counts) - 1), 1)
    return counts, width


def percentile(counts, edges, share):
    return edges[np.searchsorted(np.cumsum(counts / counts.sum()), share / 100)]


def mse(counts, edges):
    centres = (edges[1:] + edges[:-1]) / 2
    errors = []
    for bound in centres[LEVELS:]:
        step = bound / 127
        errors.append((((np.clip(np.rint(centres / step), -127, 127) * step - centres) ** 2) * counts).mean())
    return centres[LEVELS + int(np.argmin(errors))]


def kl(counts, edges):
    bins = counts.astype(np.float64)
    bins[0] = bins[1]
    divergences = []
    for end in range(LEVELS, len(bins) + 1):
        group = np.digitize(np.arange(end), np.linspace(0, end, LEVELS + 1)) - 1
        filled = bins[:end] > 0
        mass = np.bincount(group[filled], bins[:end][filled], LEVELS)
        number = np.bincount(group[filled], minlength=LEVELS)
        quantized = np.zeros(end)
        quantized[filled] = (mass / np.maximum(number, 1))[group[filled]]
        reference = bins[:end].copy()
        reference[-1] += bins[end:].sum()
        divergences.append(entropy(reference, quantized))
    # Where no value is inside the range there is no distribution (NaN), and nothing to choose.
    divergences = np.nan_to_num(np.array(divergences), nan=np.inf)
    return edges[LEVELS + len(divergences) - 1 - int(np.argmin(divergences[::-1]))]


cases = []
for name, batches in {
    "normal": [rng.normal(size=(20, 100)), rng.normal(size=(50, 100))],
    "outlier channel": [rng.normal(size=(30, 100)) * np.where(np.arange(100) == 7, 40, 1)],
    "log-normal, growing": [np.exp(rng.normal(size=(40, 50)) * 0.5), np.exp(rng.normal(size=(40, 50)))],
    "one huge value": [np.concatenate([rng.normal(size=(20, 100)), np.full((1, 100), 0.0) + [[300] + [0] * 99]])],
    "few values": [np.round(rng.normal(size=(30, 40)) * 3)],
}.items():
    batches = [b.astype(np.float32) for b in batches]
    counts, width = collect(batches)
    edges = np.arange(len(counts) + 1) * width
    cases.append({
        "name": name, "columns": batches[0].shape[1], "rows": [len(b) for b in batches],
        "values": [float(v) for b in batches for v in b.ravel()], "width": width, "bins": len(counts),
        "counts": [[int(i), int(counts[i])] for i in np.flatnonzero(counts)],
        "percentile_99": percentile(counts, edges, 99), "percentile_99.99": percentile(counts, edges, 99.99),
        "mse": mse(counts, edges), "entropy": kl(counts, edges),
    })
    case = cases[-1]
    print(f"{name:20} {len(counts):6} bins, max {max(np.abs(b).max() for b in batches):.3f}, 99 %: "
          f"{case['percentile_99']:.3f}, 99.99 %: {case['percentile_99.99']:.3f}, MSE {case['mse']:.3f}, "
          f"entropy {case['entropy']:.3f}")
(folder / "histograms.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
