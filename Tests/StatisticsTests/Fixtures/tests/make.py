#!/usr/bin/env python3
"""Writes tests.json: random samples of many shapes and what SciPy and NumPy make of them. See HOW-MADE.md."""
import json
import pathlib
import sys

import numpy as np
import scipy.stats as st

rng = np.random.default_rng(20261124)
MASK = (1 << 64) - 1


def splitmix(seed):
    state = seed & MASK
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def draw_rows(seed, draws, rows):
    """The row numbers of each draw: two from every 64 bits, low half first."""
    seeds = splitmix(seed)
    for _ in range(draws):
        bits = splitmix(next(seeds))
        numbers = []
        for _ in range((rows + 1) // 2):
            value = next(bits)
            numbers += [(value & 0xFFFFFFFF) * rows >> 32, (value >> 32) * rows >> 32]
        yield np.array(numbers[:rows])


def bootstrap(r, q, clusters, seed, draws, level=0.95):
    names = list(dict.fromkeys(clusters)) if clusters else None
    if names:
        r = np.array([sum(v for v, c in zip(r, clusters) if c == name) for name in names])
        q = np.array([sum(v for v, c in zip(q, clusters) if c == name) for name in names])
    ratio = lambda i: q[i].sum() / r[i].sum()
    estimate = q.sum() / r.sum()
    values = np.array([ratio(rows) for rows in draw_rows(seed, draws, len(r))])
    tail = (1 - level) / 2
    percentile = np.quantile(values, [tail, 1 - tail])
    # BCa by Efron's formulas, with SciPy's distributions.
    equal = abs(values - estimate) <= 1e-12 * abs(estimate)
    below = ((values < estimate)[~equal].sum() + equal.sum() / 2) / draws
    z0 = st.norm.ppf(below)
    jack = np.array([np.delete(q, i).sum() / np.delete(r, i).sum() for i in range(len(r))])
    d = jack.mean() - jack
    a = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
    levels = [st.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) for z in st.norm.ppf([tail, 1 - tail])]
    return {"percentile": list(percentile), "bca": list(np.quantile(values, levels))}


def mcnemar_case(b, c):
    n, k = b + c, min(b, c)
    exact = st.binomtest(k, n, 0.5).pvalue
    return {"lost": b, "gained": c, "exact": exact, "mid": exact - st.binom.pmf(k, n, 0.5) if b != c else 1 - st.binom.pmf(b, n, 0.5),
            "chi_square": (abs(b - c) - 1) ** 2 / n, "chi_square_p": st.chi2.sf((abs(b - c) - 1) ** 2 / n, 1),
            "worse": st.binom.sf(b - 1, n, 0.5)}


def sample(kind, n):
    if kind == "normal":
        r = rng.normal(0.5, 0.1, n)
        return r, r + rng.normal(-0.02, 0.05, n)
    if kind == "skewed":
        r = rng.beta(2, 4, n)
        return r, np.where(rng.random(n) < 0.5, r, r * rng.beta(5, 1, n))
    r = np.round(rng.beta(3, 3, n), 1) + 0.1
    return r, np.round(r + rng.normal(0, 0.1, n), 1)


def paired_case(kind, n):
    r, q = sample(kind, n)
    d = q - r
    # Rounded scores leave differences such as 0.1 and 0.10000000000000003; ties must be meant.
    d = np.round(d, 12)
    case = {"kind": kind, "differences": list(d)}
    nonzero = d[d != 0]
    exact = len(nonzero) <= 50 and len(set(abs(nonzero))) == len(nonzero)
    for name, correction in (("plain", False), ("corrected", True)):
        w = st.wilcoxon(d, zero_method="wilcox", correction=correction, method="exact" if exact else "approx")
        case["wilcoxon_" + name] = {"statistic": w.statistic, "p": w.pvalue}
    t = st.ttest_1samp(d, 0)
    interval = t.confidence_interval(0.95)
    case["t"] = {"p": t.pvalue, "low": interval.low, "high": interval.high}
    margin = 0.03
    lower = st.ttest_1samp(d, -margin, alternative="greater").pvalue
    upper = st.ttest_1samp(d, margin, alternative="less").pvalue
    case["equivalence"] = {"margin": margin, "lower": lower, "upper": upper}
    if 2 <= len(nonzero) <= 14:
        flip = st.permutation_test((nonzero,), lambda x, axis: np.mean(x, axis=axis), permutation_type="samples", n_resamples=100_000, vectorized=True)
        case["sign_flip"] = flip.pvalue
    return case


def share_case(n, changed):
    """All-or-nothing scores: exact binomial and Jeffreys."""
    return {"n": n, "lost": changed, "jeffreys": [1 - st.beta.ppf(0.975, changed + 0.5, n - changed + 0.5),
                                                  1 - st.beta.ppf(0.025, changed + 0.5, n - changed + 0.5) if changed else 1.0],
            "reaches_0.9": st.binom.cdf(changed, n, 0.1), "misses_0.9": st.binom.sf(changed - 1, n, 0.1)}


def mann_whitney_case(m, n, ties):
    x, y = rng.normal(0, 1, m), rng.normal(0.4, 1.2, n)
    if ties:
        x, y = np.round(x, 1), np.round(y, 1)
    exact = len(set(x) | set(y)) == m + n and m * n <= 10_000
    u = st.mannwhitneyu(x, y, alternative="two-sided", method="exact" if exact else "asymptotic")
    return {"first": list(x), "second": list(y), "statistic": u.statistic, "p": u.pvalue}


def bootstrap_case(kind, n, clustered):
    r, q = sample(kind, n)
    r, q = np.abs(r), np.abs(q)
    clusters = [f"c{int(i)}" for i in rng.integers(0, max(3, n // 6), n)] if clustered else None
    seed = int(rng.integers(0, 1 << 53))
    return {"reference": list(r), "submission": list(q), "clusters": clusters, "seed": str(seed), "draws": 500,
            **bootstrap(r, q, clusters, seed, 500)}


def adjusted_case(m):
    p = np.clip(rng.beta(0.4, 3, m), 1e-9, 1)
    p[m // 2] = p[0]
    holm = np.empty(m)
    order = np.argsort(p, kind="stable")
    holm[order] = np.maximum.accumulate(np.minimum(1, p[order] * (m - np.arange(m))))
    return {"p": list(p), "bh": list(st.false_discovery_control(p)), "holm": list(holm)}


def wilson_case(k, n):
    interval = st.binomtest(k, n).proportion_ci(0.95, method="wilson")
    return {"successes": k, "trials": n, "low": interval.low, "high": interval.high}


cases = {
    "made_with": f"SciPy {__import__('scipy').__version__}, NumPy {np.__version__}",
    "paired": [paired_case(kind, n) for kind in ("normal", "skewed", "tied") for n in (5, 8, 12, 30, 49, 120, 700)],
    "mann_whitney": [mann_whitney_case(m, n, ties) for ties in (False, True)
                     for m, n in ((1, 3), (3, 4), (8, 7), (20, 33), (90, 100), (200, 150))],
    "mcnemar": [mcnemar_case(b, c) for b, c in ((0, 1), (1, 0), (7, 7), (1, 9), (40, 60), (60, 40), (500, 430), (3000, 3200))],
    "adjusted": [adjusted_case(m) for m in (1, 2, 7, 40)],
    "wilson": [wilson_case(k, n) for k, n in ((0, 1), (1, 1), (3, 7), (500, 1000), (999, 1000), (24570, 24576))],
    "bootstrap": [bootstrap_case(kind, n, clustered) for kind in ("normal", "skewed") for n in (9, 40, 121)
                  for clustered in (False, True)],
    "share": [share_case(n, k) for n in (10, 40, 300) for k in (0, 1, 2, 5, 9)],
}
text = json.dumps(cases, default=float)
assert "NaN" not in text and "Infinity" not in text
pathlib.Path(sys.argv[1]).write_text(text + "\n")
