"""Prints the golden values of `src/drift`: `python drift.py`. Versions: drift-requirements.txt."""

import itertools
import math
from fractions import Fraction

import numpy as np
from scipy import stats
from scipy.spatial import distance


def show(name, values):
    """Print one value, or a tuple, with all its digits."""
    print(f"{name}: {[float(value) for value in np.atleast_1d(values)]}")


def smooth(counts, others):
    """Return shares that are nowhere 0, by the rule of TestId::Psi."""
    counts = np.asarray(counts, float)
    more = 0.5 if (counts == 0).any() or (np.asarray(others) == 0).any() else 0
    return (counts + more) / (counts + more).sum()


def table(name, r, c):
    """Print what a two-way table has."""
    r, c = np.asarray(r, float), np.asarray(c, float)
    n, m, k = r.sum(), c.sum(), len(r)
    p, q = smooth(r, c), smooth(c, r)
    pearson = stats.chi2_contingency([r, c], correction=False)
    g = stats.chi2_contingency([r, c], correction=False, lambda_="log-likelihood")
    show(f"{name} chi_square, p", (pearson.statistic, pearson.pvalue))
    show(f"{name} chi_square threshold", stats.chi2.isf(0.05, k - 1))
    williams = 1 + ((n + m) * (1 / n + 1 / m) - 1) * ((n + m) * (1 / (r + c)).sum() - 1) / (6 * (n + m) * (k - 1))
    show(f"{name} g_test, p by Williams", (g.statistic, stats.chi2.sf(g.statistic / williams, k - 1)))
    law = stats.chi2(k - 1)
    psi = ((q - p) * np.log(q / p)).sum()
    show(f"{name} psi, p by its law", (psi, law.sf(psi * n * m / (n + m))))
    kl = stats.entropy(p, q)
    show(f"{name} kl, p by its law", (kl, law.sf(2 * kl * n * m / (n + m))))
    shannon = distance.jensenshannon(r / n, c / m, base=2)
    show(f"{name} jensen_shannon, p by its law", (shannon, law.sf(8 * np.log(2) * shannon**2 * n * m / (n + m))))
    hellinger = np.sqrt(1 - np.sqrt(r / n * c / m).sum())
    show(f"{name} hellinger, p by its law", (hellinger, law.sf(8 * hellinger**2 * n * m / (n + m))))
    show(f"{name} total_variation, l_infinity", (np.abs(r / n - c / m).sum() / 2, np.abs(r / n - c / m).max()))
    # Bergsma (2013), equations 6 to 8, for 2 rows; like Williams' factor, no other implementation
    size = n + m
    phi2 = max(0, pearson.statistic / size - (k - 1) / (size - 1))
    smaller = min(2 - 1 / (size - 1), k - (k - 1) ** 2 / (size - 1)) - 1
    show(f"{name} cramers_v", np.sqrt(phi2 / smaller))


def falling(x, steps):
    """Return x (x - 1) (x - 2) …, so many factors."""
    return math.prod(x - step for step in range(steps))


def times(p, q):
    """Multiply polynomials."""
    product = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, j in itertools.product(range(len(p)), range(len(q))):
        product[i + j] += p[i] * q[j]
    return product


def plus(*terms):
    """Add polynomials."""
    return [sum(column) for column in itertools.zip_longest(*terms, fillvalue=Fraction(0))]


def chi_square_moments(pooled, n):
    """Return variance and skewness of χ² over all labellings: powers of a count by Stirling numbers, then factorial moments."""
    stirling = [[0, 1, 1], [0, 1, 7, 6, 1], [0, 1, 31, 90, 65, 15, 1]]
    size = sum(pooled)
    sums = [[Fraction(0)] for _ in range(6)]
    for t in pooled:
        u, v, w = (
            [Fraction(c * falling(t, k), t**power) for k, c in enumerate(row)] for power, row in enumerate(stirling, 1)
        )
        terms = (u, times(u, u), times(times(u, u), u), v, times(u, v), w)
        sums = [plus(total, term) for total, term in zip(sums, terms, strict=True)]
    u, u2, u3, v, uv, w = sums

    def mean(p):
        return sum(c * Fraction(falling(n, k), falling(size, k)) for k, c in enumerate(p))

    first, second = mean(u), mean(plus(times(u, u), [-c for c in u2], v))
    crossed = plus(
        times(u2, [-3 * c for c in u]), [2 * c for c in u3], times(v, [3 * c for c in u]), [-3 * c for c in uv], w
    )
    third = mean(plus(times(times(u, u), u), crossed))
    variance = second - first**2
    skewness = float(third - 3 * first * second + 2 * first**3) / float(variance) ** 1.5
    return float(variance * Fraction(size**2, n * (size - n)) ** 2), skewness


show("χ² of 1 to 5 rows, 12 times", chi_square_moments([1, 2, 3, 4, 5] * 12, 90))
show("χ² of 300/rank rows", chi_square_moments([300 // rank for rank in range(1, 61)], 1_100))
show("χ² of eight cells", chi_square_moments([300, 300, 300, 3, 3, 200, 200, 5], 1_000))
FULL = ([120, 80, 60, 30, 12], [90, 85, 70, 20, 15])
table("full", *FULL)
table("large", [600, 400, 300, 150, 60], [470, 425, 330, 100, 75])
table("gaps", [50, 0, 30, 20], [40, 10, 0, 25])
positions = np.array([1, 2, 4, 7, 11.5])
r, c = FULL
show("bins wasserstein", stats.wasserstein_distance(positions, positions, r, c))
spread = np.repeat(positions, r).std()
show("bins wasserstein_normed", stats.wasserstein_distance(positions, positions, r, c) / spread)
show("bins energy", stats.energy_distance(positions, positions, r, c))
show("bins ks", stats.ks_2samp(np.repeat(positions, r), np.repeat(positions, c)).statistic)

reference = np.sort([(i * 37 % 101) / 10 for i in range(60)])
current = np.sort([(i * 53 % 127) / 9 + 0.05 for i in range(45)])
found = stats.ks_2samp(reference, current, method="exact")
show("samples ks, p", (found.statistic, found.pvalue))
show("samples wasserstein", stats.wasserstein_distance(reference, current))
show("samples wasserstein_normed", stats.wasserstein_distance(reference, current) / reference.std())
show("samples energy", stats.energy_distance(reference, current))
edges = np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf")
bins = [np.diff([0, *np.searchsorted(x, edges, side="right"), len(x)]) for x in (reference, current)]
show("samples reference by deciles", bins[0])
show("samples current by deciles", bins[1])
table("samples", *bins)

reference, current = np.arange(3_000) * 0.001, np.arange(2_000) * 0.00155 + 0.02
found = stats.ks_2samp(reference, current, method="exact")
show("large ks, p", (found.statistic, found.pvalue))

reference, current = np.array([1, 1, 1, 2, 2, 3, 3, 5]), np.array([2, 3, 3, 3, 4, 5, 5])
found = stats.permutation_test(
    (reference, current), lambda x, y: stats.ks_2samp(x, y).statistic, alternative="greater", n_resamples=np.inf
)
show("ties ks, p of all 6,435 labellings", (found.statistic, found.pvalue))

reference, current = [0.3, 1.1, 1.9, 2.2, 3.0, 4.7, 5.1, 6.6], [1.5, 3.3, 4.0, 5.9, 6.2, 7.7, 9.0]
for statistic in (stats.wasserstein_distance, stats.energy_distance):
    found = stats.permutation_test((reference, current), statistic, alternative="greater", n_resamples=np.inf)
    show(f"{statistic.__name__}, p of all 6,435 labellings", (found.statistic, found.pvalue))


def psi(r, c):
    """Return the index by the rule of TestId::Psi."""
    p, q = smooth(r, c), smooth(c, r)
    return ((q - p) * np.log(q / p)).sum()


MEASURES = {
    "psi": psi,
    "jensen_shannon": lambda r, c: distance.jensenshannon(r / r.sum(), c / c.sum(), base=2),
    "total_variation": lambda r, c: np.abs(r / r.sum() - c / c.sum()).sum() / 2,
}
sides = [np.repeat(np.arange(3), counts) for counts in ([5, 1, 2], [1, 3, 3])]
for name, measure in MEASURES.items():
    found = stats.permutation_test(
        sides,
        lambda x, y, of=measure: of(np.bincount(x, minlength=3), np.bincount(y, minlength=3)),
        alternative="greater",
        n_resamples=np.inf,
        vectorized=False,
    )
    show(f"{name} of [5, 1, 2] and [1, 3, 3], p of all 6,435 labellings", (found.statistic, found.pvalue))

show("false_discovery_control", stats.false_discovery_control([0.01, 0.04, 0.03, 0.005, 0.9, 0.2]))
show("null_share p", stats.fisher_exact([[5, 195], [30, 270]])[1])
