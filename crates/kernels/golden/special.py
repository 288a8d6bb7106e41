"""Prints the golden values of `src/special`, as Rust: `python special.py`. Versions: drift-requirements.txt."""

import numpy as np
from scipy import special, stats


def show(name, rows):
    print(f"    // {name}")
    for row in rows:
        print(f"        ({', '.join(repr(float(x)) for x in row)}),")


show("stats.norm.sf", [(x, stats.norm.sf(x)) for x in (37, 8, 1.959963984540054, 0.5, 0, -1e-9, -1.5, -6)])
show("stats.norm.ppf", [(p, stats.norm.ppf(p)) for p in (1e-300, 1e-20, 1e-5, 0.025, 0.3, 0.5, 0.9, 0.975, 1 - 1e-12)])
show(
    "stats.chi2.sf",
    [
        (x, df, stats.chi2.sf(x, df))
        for x, df in (
            (0.01, 1),
            (3.841458820694124, 1),
            (300, 1),
            (1, 2),
            (10, 2.5),
            (5, 9),
            (60, 9),
            (600, 699),
            (699, 699),
            (900, 699),
            (9_500, 10_000),
            (10_600, 10_000),
            (999_999, 999_999),
            (1_004_000, 999_999),
            (1_020_000, 999_999),
        )
    ],
)
show(
    "stats.chi2.isf",
    [
        (p, df, stats.chi2.isf(p, df))
        for p, df in (
            (0.05, 1),
            (0.9, 1),
            (0.001, 2),
            (1e-12, 9),
            (0.05, 699),
            (0.3, 1e6),
            (1e-300, 1),
            (1e-300, 9),
            (1e-50, 699),
        )
    ],
)
show(
    "stats.pearson3.sf",
    [(z, skew, stats.pearson3.sf(z, skew)) for z, skew in ((-1, 0.5), (2, 0.5), (3.5, 1.2), (8, 2), (3, 0.01), (6, 8))],
)
show(
    "stats.pearson3.isf",
    [
        (alpha, skew, stats.pearson3.isf(alpha, skew))
        for alpha, skew in ((0.05, 0.5), (0.01, 1.2), (5e-4, 0.9), (1e-6, 2))
    ],
)
show(
    "special.betainc",
    [
        (a, b, x, special.betainc(a, b, x))
        for a, b, x in (
            (0.5, 0.5, 0.1),
            (2, 3, 0.4),
            (5, 0.5, 0.99),
            (30, 70, 0.2),
            (5e5, 0.5, 0.999995),
            (3e4, 7e4, 0.2913),
            (3e4, 7e4, 0.3014),
            (1e6, 1e6, 0.4989),
            (1e6, 1e6, 0.5),
        )
    ],
)
show(
    "special.kolmogorov",
    [(x, special.kolmogorov(x)) for x in (0.3, 0.5, 0.99, 1, 1.0000001, 1.3580986393225505, 2, 5, 18)],
)
rows = []
for n, m, seed in ((3, 4, 1), (10, 10, 2), (7, 30, 3), (50, 60, 4), (200, 350, 5), (1_000, 1_000, 6)):
    rng = np.random.default_rng(seed)
    found = stats.ks_2samp(rng.normal(size=n), rng.normal(0.4, 1, size=m), method="exact")
    rows.append((found.statistic, n, m, found.pvalue))
show("stats.ks_2samp(method='exact')", rows)
rows = []
for n, m, seed in ((2_000, 3_000, 8), (9_000, 8_000, 9)):
    rng = np.random.default_rng(seed)
    found = stats.ks_2samp(rng.normal(size=n), rng.normal(0.05, 1, size=m), method="exact")
    rows.append((found.statistic, n, m, found.pvalue))
show("stats.ks_2samp(method='exact')", rows)
show(
    "stats.kstwo.sf",
    [
        (d, n, stats.kstwo.sf(d, n))
        for d, n in (
            (0.975, 1),
            (0.9995, 1),
            (0.842, 2),
            (0.9, 2),
            (0.9993, 2),
            (0.7, 3),
            (0.93, 3),
            (0.9931, 3),
            (0.35, 12),
            (0.375, 12),
            (0.54, 12),
            (0.71, 12),
        )
    ],
)
show(
    "stats.hypergeom.sf",
    [
        (k, marked, drawn, total, stats.hypergeom.sf(k - 1, total, marked, drawn))
        for k, marked, drawn, total in (
            (5, 7, 30, 100),
            (30, 60, 50, 300),
            (16, 300, 20, 1_000),
            (60_400, 200_000, 300_000, 1_000_000),
            (120_700, 400_000, 300_000, 1_000_000),
            (16_003_000, 32_000_000, 50_000_000, 100_000_000),
        )
    ],
)
show(
    "stats.fisher_exact",
    [
        (a, b, c, d, stats.fisher_exact([[a, b], [c, d]])[1])
        for a, b, c, d in (
            (8, 2, 1, 5),
            (3, 1, 1, 3),
            (0, 10, 12, 0),
            (1, 9, 11, 3),
            (100, 2, 1000, 5),
            (0, 5, 7, 200),
            (345, 455, 260, 345),
            (9_000, 1_000, 8_700, 1_300),
            (500_000, 500_000, 498_600, 501_400),
            (8_000_000, 8_000_000, 8_004_000, 7_996_000),
        )
    ],
)
rows = []
for (a, b), (n, m) in (((10, 20), (50, 60)), ((1, 0), (30, 40)), ((5_000, 5_200), (10_000, 10_000))):
    found = stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False)
    rows.append((a, b, n, m, found.statistic, found.pvalue))
show("stats.chi2_contingency(correction=False)", rows)
rows = []
for count, total, alpha in ((0, 10, 0.05), (3, 10, 0.05), (10, 10, 0.05), (500, 1_000_000, 0.01)):
    found = stats.binomtest(count, total).proportion_ci(confidence_level=1 - alpha, method="wilson")
    rows.append((count, total, alpha, found.low, found.high))
show("stats.binomtest.proportion_ci(method='wilson')", rows)
