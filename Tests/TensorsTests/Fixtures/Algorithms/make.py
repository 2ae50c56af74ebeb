"""Quantization algorithms by their papers' formulas, in NumPy with float64. Usage: python make.py FOLDER

Independent of the Swift code: GPTQ inverts the Hessian and takes NumPy's Cholesky factor, column by column without
blocks; AWQ computes outputs from the inputs themselves instead of from X^T X.
"""
import json
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(20261124)
F = np.float32


def write(name, array):
    array.astype("<f4").tofile(folder / name)


def scale_of(absmax, limit):
    return np.where(absmax == 0, F(1), (absmax.astype(F) / F(limit))).astype(F)


def rtn(w, limit, group):
    """Rounded to nearest: integers and scales [rows, runs]."""
    rows, columns = w.shape
    group = group or columns
    q = np.empty(w.shape)
    scales = np.empty((rows, -(-columns // group)), F)
    for run, first in enumerate(range(0, columns, group)):
        part = w[:, first:first + group]
        scales[:, run] = scale_of(np.abs(part).max(1), limit)
        q[:, first:first + group] = np.clip(np.rint(part.astype(F) / scales[:, run:run + 1]), -limit, limit)
    return q, scales


def gptq(w, x, limit, group=None, per_tensor=False, act_order=False, damping=0.01, mask=None):
    w = w.astype(np.float64).copy()
    rows, columns = w.shape
    length = group or columns
    if per_tensor:
        scales = np.full((rows, 1), scale_of(np.abs(w).max(), limit), F)
    else:
        scales = rtn(w.astype(F), limit, group)[1]
    h = 2 / len(x) * x.T.astype(np.float64) @ x.astype(np.float64)
    dead = np.diag(h) == 0
    h[dead, dead] = 1
    w[:, dead] = 0
    order = np.argsort(-np.diag(h), kind="stable") if act_order else np.arange(columns)
    w, h = w[:, order], h[np.ix_(order, order)]
    kept = np.ones(w.shape, bool) if mask is None else mask[:, order]
    h += damping * np.mean(np.diag(h)) * np.eye(columns)
    upper = np.linalg.cholesky(np.linalg.inv(h)).T
    q = np.zeros(w.shape)
    for i in range(columns):
        if group and not act_order and i % group == 0:
            scales[:, i // group] = scale_of(np.abs(w[:, i:i + group]).max(1), limit)
        s = scales[:, order[i] // length].astype(np.float64)
        q[:, i] = np.where(kept[:, i], np.clip(np.rint(w[:, i] / s), -limit, limit), 0)
        error = (w[:, i] - q[:, i] * s) / upper[i, i]
        w[:, i:] -= np.outer(error, upper[i, i:])
    result = np.empty(q.shape)
    result[:, order] = q
    return result, scales


def dequantize(q, scales, group=None):
    length = group or q.shape[1]
    return q * np.repeat(scales.astype(np.float64), length, 1)[:, :q.shape[1]]


def make_gptq():
    rows, columns, tokens = 40, 160, 400
    # Correlated inputs of very different magnitudes; channel 5 is always zero.
    mix = rng.normal(size=(columns, columns)) * 0.4 + np.eye(columns)
    x = (rng.normal(size=(tokens, columns)) @ mix * np.exp(rng.normal(size=columns))).astype(F)
    x[:, 5] = 0
    w = (rng.normal(size=(rows, columns)) * 0.05).astype(F)
    mask = np.ones(w.shape, bool)
    mask.ravel()[np.argsort(np.abs(w).ravel(), kind="stable")[:w.size // 2]] = False
    write("gptq_w.bin", w)
    write("gptq_x.bin", x)
    cases = []
    for name, limit, options in [
        ("int4 per channel", 7, {}),
        ("int8 per channel", 127, {}),
        ("int4 per tensor", 7, {"per_tensor": True}),
        ("int4 groups of 32", 7, {"group": 32}),
        ("int4 groups of 96", 7, {"group": 96}),
        ("int4 groups of 24", 7, {"group": 24}),
        ("int4 act-order", 7, {"act_order": True}),
        ("int4 act-order, groups of 32", 7, {"act_order": True, "group": 32}),
        ("int4 damping 0.1", 7, {"damping": 0.1}),
        ("int4 half pruned", 7, {"mask": mask}),
    ]:
        q, scales = gptq(w * mask if "mask" in options else w, x, limit, **options)
        nearest, nearest_scales = rtn(w * mask if "mask" in options else w, limit, options.get("group"))
        if options.get("per_tensor"):
            nearest_scales = np.full((rows, 1), scale_of(np.abs(w).max(), limit), F)
            nearest = np.clip(np.rint(w / nearest_scales), -limit, limit)

        def error(integers, s):
            return float((((dequantize(integers, s, options.get("group")) - w) @ x.T) ** 2).mean())

        cases.append({
            "name": name, "bits": 4 if limit == 7 else 8, "group": options.get("group", 0),
            "per_tensor": options.get("per_tensor", False), "act_order": options.get("act_order", False),
            "damping": options.get("damping", 0.01), "pruned": "mask" in options,
            "integers": q.astype(int).ravel().tolist(), "scales": [float(v) for v in scales.ravel()],
            "error": error(q, scales), "rtn_error": error(nearest, nearest_scales),
        })
    return {"rows": rows, "columns": columns, "tokens": tokens, "cases": cases}


def make_awq():
    columns, tokens, group, limit = 96, 256, 32, 7
    # A few salient channels, as in the paper's figure 2.
    magnitude = np.exp(rng.normal(size=columns) * 0.5)
    magnitude[[3, 40, 77]] *= 25
    x = (rng.normal(size=(tokens, columns)) * magnitude).astype(F)
    layers = [(rng.normal(size=(rows, columns)) * 0.05).astype(F) for rows in (24, 16)]
    write("awq_x.bin", x)
    write("awq_w.bin", np.concatenate(layers))
    x64 = x.astype(np.float64)
    means = np.abs(x64).mean(0).astype(F)

    def factors(ratio):
        s = np.maximum(means.astype(np.float64) ** ratio, 1e-4)
        return (s / np.sqrt(s.max() * s.min())).astype(F)

    def round_trip(w, s):
        q, scales = rtn(w * s, limit, group)
        return (dequantize(q, scales, group).astype(F) / s).astype(F)

    errors = []
    for index in range(20):
        s = factors(index / 20)
        total = sum(
            (((round_trip(w, s).astype(np.float64) - w) @ x64.T) ** 2).sum(0).mean() for w in layers)
        errors.append(float(total / sum(len(w) for w in layers)))
    best = int(np.argmin(errors))
    s = factors(best / 20)

    clipped = []
    for w in layers:
        scaled = w * s
        for first in range(0, columns, group):
            inputs = x64[:, first:first + group] / s[first:first + group]
            part = scaled[:, first:first + group]
            absmax = np.abs(part).max(1)
            best_error, best_bound = np.full(len(w), np.inf), absmax.copy()
            for i in range(10):
                bound = (absmax * (F(1) - F(i) / F(20))).astype(F)
                cut = np.clip(part, -bound[:, None], bound[:, None])
                step = scale_of(bound, limit)
                rounded = np.clip(np.rint(cut / step[:, None]), -limit, limit) * step[:, None]
                error = (((rounded.astype(np.float64) - part) @ inputs.T) ** 2).mean(1)
                better = error < best_error
                best_error[better], best_bound[better] = error[better], bound[better]
            scaled[:, first:first + group] = np.clip(part, -best_bound[:, None], best_bound[:, None])
        clipped.append(scaled)
    clipped_error = sum(
        (((dequantize(*rtn(w, limit, group), group) / s - original) @ x64.T) ** 2).sum(0).mean()
        for w, original in zip(clipped, layers)) / sum(len(w) for w in layers)
    return {
        "columns": columns, "tokens": tokens, "group": group, "rows": [len(w) for w in layers], "errors": errors,
        "ratio": best / 20, "factors": [float(v) for v in s],
        "clipped": [float(v) for w in clipped for v in w.ravel()], "clipped_error": float(clipped_error),
    }


def make_outliers():
    """LLM.int8() with the threshold applied token by token."""
    rows, columns, tokens, threshold = 20, 130, 37, 6.0
    x = rng.normal(size=(tokens, columns)).astype(F)
    x[:, 17] *= 30
    x[3:9, 101] += 9
    x[11] = 0
    x[12, 50] = 6.0
    x[13, 50] = -5.9999995
    w = (rng.normal(size=(rows, columns)) * 0.2).astype(F)
    write("outliers_x.bin", x)
    write("outliers_w.bin", w)
    is_outlier = np.abs(x) >= F(threshold)
    rest = np.where(is_outlier, F(0), x)
    absmax = np.abs(rest).max(1)
    sx = np.where(absmax == 0, F(1), absmax / F(127)).astype(F)
    qx = np.clip(np.rint(rest / sx[:, None]), -127, 127).astype(np.int64)
    qw, sw = rtn(w, 127, None)
    integers = (qx @ qw.astype(np.int64).T) * (sx[:, None].astype(np.float64) * sw.ravel().astype(np.float64))
    halves = np.where(is_outlier, x, 0).astype(np.float16).astype(np.float64)
    y = integers + halves @ w.astype(np.float16).astype(np.float64).T
    return {
        "rows": rows, "columns": columns, "tokens": tokens, "threshold": threshold,
        "outliers": is_outlier.sum(1).tolist(), "scales": [float(v) for v in sx],
        "outputs": [float(v) for v in y.ravel()],
    }


def make_pruning():
    rows, columns = 6, 23
    w = np.round(rng.normal(size=(rows, columns)) * 4).astype(F)  # many equal magnitudes
    masks = {}
    for share in (0.1, 0.5, 0.9):
        mask = np.ones(w.size, int)
        mask[np.argsort(np.abs(w).ravel(), kind="stable")[:int(np.rint(share * w.size))]] = 0
        masks[str(share)] = mask.tolist()
    mask = np.zeros(w.shape, int)
    for r in range(rows):
        for first in range(0, columns, 4):
            run = np.abs(w[r, first:first + 4])
            mask[r, first + np.argsort(-run, kind="stable")[:2]] = 1
    masks["2:4"] = mask.ravel().tolist()
    return {"rows": rows, "columns": columns, "values": [float(v) for v in w.ravel()], "masks": masks}


golden = {"gptq": make_gptq(), "awq": make_awq(), "outliers": make_outliers(), "pruning": make_pruning()}
(folder / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
for case in golden["gptq"]["cases"]:
    print(f"{case['name']:32} GPTQ {case['error']:.6f}  RTN {case['rtn_error']:.6f}")
awq = golden["awq"]
print(f"AWQ r {awq['ratio']}: {min(awq['errors']):.6f}, clipped {awq['clipped_error']:.6f}, RTN {awq['errors'][0]:.6f}")
