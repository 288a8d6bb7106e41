"""Prints crates/kernels/src/bias/tests/golden.rs: smclarify, Fairlearn, AIF360, scipy, scikit-learn and statsmodels.

The tables and rows are made by the same hash as in bias/tests/mod.rs. Run it in an environment of bias-requirements.txt:
python bias.py > golden.rs, then format it.
"""

import logging
import math
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import fairlearn.metrics as fl
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import ClassificationMetric
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import roc_auc_score
from smclarify.bias import metrics as sm
from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report
from statsmodels.stats.contingency_tables import StratifiedTable, mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep

MASK = (1 << 64) - 1


def mix(seed: int, index: int) -> int:
    """SplitMix64, as kernels::mix."""
    z = seed ^ ((index + 1) * 0x9E3779B97F4A7C15 & MASK)
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def unit(seed: int, index: int) -> float:
    """Return a number in 0 to 1."""
    return (mix(seed, index) >> 11) * 2.0**-53


# What a case leaves out, by facet (1: disadvantaged), label and prediction.
DROPS = [
    lambda f, y, p: False,
    lambda f, y, p: f == 1 and p == 1,
    lambda f, y, p: f == 0 and p == 1,
    lambda f, y, p: p == 1,
    lambda f, y, p: y == 0,
    lambda f, y, p: f == 0 and y == 1,
    lambda f, y, p: not (y == 1 and p == 0),
    lambda f, y, p: f == 0,
    lambda f, y, p: y == 0 and p == 1,
    lambda f, y, p: f == 1 and y == 0 and p == 1,
    lambda f, y, p: f == 1 and y == 1,
    lambda f, y, p: p == 0,
    lambda f, y, p: f == 1,
]
CASES = (
    [(seed, 60, False, 0) for seed in range(1, 7)]
    + [(seed, 4, False, 0) for seed in range(11, 15)]
    + [(seed, 2, False, 0) for seed in range(21, 29)]
    + [(31 + drop, 9, False, drop) for drop in range(1, len(DROPS))]
    + [(51 + drop, 2, False, drop) for drop in range(1, len(DROPS))]
    + [(seed, 5, True, 0) for seed in range(71, 75)]
    + [(81 + drop, 3, True, drop) for drop in (1, 2, 8)]
)


def rows_of(seed: int, modulus: int, missing: bool, drop: int) -> pd.DataFrame:
    """Return rows by facet (2 values), group (3), label (2) and prediction (2); the last of each axis is the missing one."""
    rows, cell = [], 0
    for f in range(3):
        for g in range(4):
            for y in range(3):
                for p in range(3):
                    count = mix(seed, cell) % modulus
                    cell += 1
                    is_missing = f == 2 or g == 3 or y == 2 or p == 2
                    if (is_missing and not missing) or DROPS[drop](f, y, p):
                        continue
                    values = [v if v < n else math.nan for v, n in ((f, 2), (g, 3), (y, 2), (p, 2))]
                    rows += [values] * count
    return pd.DataFrame(rows, columns=["f", "g", "y", "p"], dtype=float)


PRE = ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL"]
POST = ["DPPL", "DI", "DCA", "DCR", "AD", "RD", "SD", "DAR", "DRR", "TE", "CDDPL", "GE"]


def clarify(df: pd.DataFrame) -> list[float | None]:
    """Return each metric by its own function, as the report calls it; None where it raises."""
    arguments = {
        "df": df[["f"]],
        "feature": df.f,
        "sensitive_facet_index": df.f == 1,
        "label": df.y == 1,
        "positive_label_index": df.y == 1,
        "predicted_label": df.p == 1,
        "positive_predicted_label_index": df.p == 1,
        "group_variable": df.g,
    }
    values = []
    for metric in {
        m.__name__: m for m in sm.PRETRAINING_METRICS + sm.POSTTRAINING_METRICS if m.__name__ != "FT"
    }.values():
        try:
            values.append((metric.__name__, float(sm.call_metric(metric, **arguments))))
        except Exception:
            values.append((metric.__name__, None))
    values = dict(values)
    check_report(df, values)
    return [values[name] for name in PRE + POST]


def check_report(df: pd.DataFrame, values: dict[str, float | None]) -> None:
    """Assert that the report says the same, where it does not stop as a whole."""
    if not ((df.f == 1).any() and (df.y == 1).any() and (df.p == 1).any()):
        return
    frame = df.assign(f=df.f.map({0.0: "a", 1.0: "d"}).astype(object))
    text = {0.0: "no", 1.0: "yes"}
    labels = LabelColumn("y", df.y.map(text).astype("category"), ["yes"])
    predicted = LabelColumn("p", df.p.map(text).astype("category"), ["yes"])
    frame = frame.assign(y=labels.series)[["f", "y"]]
    for stage, names in ((StageType.PRE_TRAINING, PRE), (StageType.POST_TRAINING, POST)):
        found = bias_report(frame, FacetColumn("f", ["d"]), labels, stage, predicted, names, group_variable=df.g)
        for metric in found[0]["metrics"]:
            value = metric["value"]
            value = float(value.replace("Infinity", "inf")) if isinstance(value, str) else value
            assert value == values[metric["name"]], (metric, values)


def number(value: float | None) -> str:
    """Return an optional number as Rust writes it."""
    if value is None:
        return "None"
    if math.isinf(value):
        return "Some(f64::INFINITY)" if value > 0 else "Some(f64::NEG_INFINITY)"
    return f"Some({value!r})"


def plain(values) -> str:
    """Return numbers as Rust writes them."""
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"


def print_clarify() -> None:
    """Print Clarify's metrics of the cases."""
    print(
        "/// Seed, modulus, whether values are missing, what is dropped; smclarify 0.5: PRE_TRAINING, then POST_TRAINING."
    )
    print("pub const CLARIFY: &[(u64, u64, bool, usize, [Option<f64>; 20])] = &[")
    for case in CASES:
        values = ", ".join(number(value) for value in clarify(rows_of(*case)))
        print(f"    ({case[0]}, {case[1]}, {str(case[2]).lower()}, {case[3]}, [{values}]),")
    print("];")


LABELS = [
    ([30, 50, 20, 100], [40, 10, 25, 25]),
    ([5, 7, 11, 13, 17, 19, 23], [29, 3, 4, 5, 31, 6, 7]),
    ([40, 0, 60], [20, 30, 50]),
    ([100, 200], [90, 60]),
]


def print_classes() -> None:
    """Print divergences of labels of several classes."""
    print(
        "/// Label counts of both groups; KL, JS, LP, TVD, KS: smclarify 0.5 where both have all, scipy 1.17.1 and numpy else."
    )
    print("pub const CLASSES: &[(&[u64], &[u64], [f64; 5])] = &[")
    for a, d in LABELS:
        p, q = np.array(a) / sum(a), np.array(d) / sum(d)
        gap = np.abs(p - q)
        values = [
            stats.entropy(p, q),
            jensenshannon(p, q) ** 2,
            np.sqrt((gap**2).sum()),
            gap.sum() / 2,
            gap.max(),
        ]
        if min(a + d) > 0:
            label = pd.Series([f"{k}" for c in (a, d) for k, n in enumerate(c) for _ in range(n)])
            facet = pd.Series([False] * sum(a) + [True] * sum(d))
            direct = [getattr(sm.pretraining, name)(label, facet) for name in ("KL", "JS", "LP", "TVD", "KS")]
            np.testing.assert_allclose(direct, values, rtol=1e-12)
            values = direct
        print(f"    (&{a}, &{d}, {plain(values)}),")
    print("];")


# Groups of true negative, false positive, false negative, true positive.
GROUPS = [
    [[50, 12, 9, 40], [33, 20, 14, 25], [70, 3, 11, 31], [20, 20, 20, 20]],
    [[1, 1, 1, 1], [2, 0, 1, 3], [5, 2, 0, 2]],
    [[100, 30, 20, 80], [60, 50, 25, 35]],
    [[9, 0, 4, 3], [8, 0, 2, 5]],
]


def print_fairlearn() -> None:
    """Print Fairlearn's metrics."""
    print(
        "/// Groups of TN, FP, FN, TP; fairlearn 0.15.0: FAIRLEARN, then equalised odds difference and ratio with agg=mean."
    )
    print("pub const FAIRLEARN_VALUES: &[(&[[u64; 4]], [Option<f64>; 8])] = &[")
    for groups in GROUPS:
        rows = [
            (g, y, p)
            for g, c in enumerate(groups)
            for n, (y, p) in zip(c, ((0, 0), (0, 1), (1, 0), (1, 1)), strict=False)
            for _ in range(n)
        ]
        g, y, p = (np.array(column) for column in zip(*rows, strict=False))
        values = [
            f(y, p, sensitive_features=g)
            for f in (
                fl.demographic_parity_difference,
                fl.demographic_parity_ratio,
                fl.equalized_odds_difference,
                fl.equalized_odds_ratio,
                fl.equal_opportunity_difference,
                fl.equal_opportunity_ratio,
            )
        ]
        values += [
            f(y, p, sensitive_features=g, agg="mean") for f in (fl.equalized_odds_difference, fl.equalized_odds_ratio)
        ]
        text = ", ".join(number(None if math.isnan(value) else float(value)) for value in values)
        print(f"    (&{groups}, [{text}]),")
    print("];")


def print_aif360() -> None:
    """Print AIF360's metrics."""
    print("/// Privileged and unprivileged TN, FP, FN, TP; aif360 0.6.1: AIF360.")
    print("pub const AIF360_VALUES: &[([[u64; 4]; 2], [f64; 5])] = &[")
    for groups in [GROUPS[0][:2], GROUPS[0][2:], GROUPS[1][1:], GROUPS[2]]:
        rows = [
            (1 - g, y, p)
            for g, c in enumerate(groups)
            for n, (y, p) in zip(c, ((0, 0), (0, 1), (1, 0), (1, 1)), strict=False)
            for _ in range(n)
        ]
        df = pd.DataFrame(rows, columns=["f", "y", "p"])

        def make(label):
            return BinaryLabelDataset(
                df=df[["f", label]].rename(columns={label: "y"}), label_names=["y"], protected_attribute_names=["f"]
            )

        metric = ClassificationMetric(make("y"), make("p"), [{"f": 0}], [{"f": 1}])
        values = [
            metric.statistical_parity_difference(),
            metric.disparate_impact(),
            metric.average_odds_difference(),
            metric.average_abs_odds_difference(),
            metric.theil_index(),
        ]
        print(f"    ({groups}, {plain(values)}),")
    print("];")


RATES = [((45, 100), (30, 120)), ((0, 40), (3, 35)), ((29, 30), (30, 30)), ((500, 2000), (90, 300)), ((1, 8), (6, 9))]


def print_tests() -> None:
    """Print limits and tests of proportions."""
    print(
        "/// Hits of rows, twice: Newcombe's low and high (statsmodels), the p-value (scipy: Fisher below 5, else chi-square)."
    )
    print("pub const DIFFERENCES: &[([u64; 2], [u64; 2], [f64; 3])] = &[")
    for (x, n), (y, m) in RATES:
        low, high = confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff")
        table = [[x, n - x], [y, m - y]]
        chi = stats.chi2_contingency(table, correction=False) if x + y < n + m else None
        p = chi.pvalue if chi is not None and chi.expected_freq.min() >= 5 else stats.fisher_exact(table).pvalue
        print(f"    ([{x}, {n}], [{y}, {m}], {plain([low, high, p])}),")
    print("];")
    print(
        "/// Hits of rows, twice: limits of the ratio by scipy 1.17.1 relative_risk, or of the table with a half added if a cell is 0."
    )
    print("pub const RATIOS: &[([u64; 2], [u64; 2], [f64; 2])] = &[")
    for (x, n), (y, m) in RATES:
        add = 0.5 if 0 in (x, n - x, y, m - y) else 0.0
        if add == 0.0:
            limits = stats.contingency.relative_risk(x, n, y, m).confidence_interval(0.95)
            low, high = limits.low, limits.high
        else:
            a, b, c, d = x + add, n + 2 * add, y + add, m + 2 * add
            half = stats.norm.ppf(0.975) * math.sqrt(1 / a - 1 / b + 1 / c - 1 / d)
            low, high = (math.exp(math.log(a / b * d / c) + sign * half) for sign in (-1, 1))
        print(f"    ([{x}, {n}], [{y}, {m}], {plain([low, high])}),")
    print("];")
    tables = [np.array([[10, 20], [15, 12]]), np.array([[7, 9], [3, 14]]), np.array([[30, 31], [22, 40]])]
    p = StratifiedTable(tables).test_null_odds(correction=False).pvalue
    print(
        f"/// statsmodels: Cochran-Mantel-Haenszel of the strata of tests/mod.rs.\npub const MANTEL: f64 = {float(p)!r};"
    )
    print(
        f"/// scipy 1.17.1: hypergeometric probabilities of the strata of tests/small.rs, convolved; the sums at most as likely.\npub const EXACT_STRATA: f64 = {exact_strata()!r};"
    )
    p = stats.chi2_contingency([[30, 50, 20, 100], [40, 10, 25, 25]]).pvalue
    print(f"/// scipy 1.17.1: chi-square of the first of CLASSES.\npub const HOMOGENEITY: f64 = {float(p)!r};")
    p = [
        mcnemar([[0, 6], [15, 0]], exact=True).pvalue,
        mcnemar([[0, 60], [90, 0]], exact=False, correction=False).pvalue,
    ]
    print(
        f"/// statsmodels: McNemar of 6 and 15, exactly, and of 60 and 90.\npub const MCNEMAR: [f64; 2] = {plain(p)};"
    )


# Rows of the advantaged and the disadvantaged group of each stratum, negative and positive.
STRATA = [[[28, 2], [26, 3]], [[9, 1], [7, 2]], [[40, 0], [38, 1]]]


def exact_strata() -> float:
    """Return the exact p-value of independence in every stratum."""
    chances, observed = np.array([1.0]), 0
    for (a, b), (c, d) in STRATA:
        law = stats.hypergeom(a + b + c + d, c + d, b + d)
        low, high = law.support()
        chances = np.convolve(chances, law.pmf(np.arange(low, high + 1)))
        observed += d - low
    return float(chances[chances <= chances[observed] * (1 + 1e-7)].sum())


# Seed, rows, values of a feature (0: continuous), share of the disadvantaged in thirds, of positive predictions in quarters,
# whether facets and predictions are missing.
FLIPS = [
    (101, 400, 0, 1, 2, False),
    (102, 2000, 0, 2, 1, False),
    (103, 14, 0, 1, 2, False),
    (104, 2000, 100, 1, 2, False),
    (105, 3000, 40, 2, 1, False),
    (106, 600, 0, 2, 2, True),
]


def print_flips() -> None:
    """Print Clarify's flip test."""
    print(
        "/// Seed, rows, values of a feature (0: continuous), thirds disadvantaged, quarters positive, missing; smclarify 0.5: FT."
    )
    print("pub const FLIPS: &[(u64, u64, u64, u64, u64, bool, f64)] = &[")
    for seed, rows, values, thirds, quarters, missing in FLIPS:

        def feature(k: int, row: int) -> float:
            return unit(seed + 1000 * k, row) if values == 0 else float(mix(seed + 1000 * k, row) % values)

        df = pd.DataFrame({f"x{k}": [feature(k, row) for row in range(rows)] for k in (1, 2, 3)})

        def some(k: int, column: list[bool]) -> pd.Series:
            """Return a column as the report has it, asked for the value 1: what is missing is not 1."""
            known = [not missing or mix(seed + 1000 * k, row) % 8 != 0 for row in range(rows)]
            return pd.Series([float(v) if here else math.nan for v, here in zip(column, known, strict=False)]) == 1.0

        facet = some(6, [mix(seed + 4000, row) % 3 < thirds for row in range(rows)])
        # Positive more often where the first feature is large, so that neighbours say something.
        scale = 1.0 if values == 0 else float(values)
        positive = some(7, [unit(seed + 5000, row) * 4 < quarters * 2 * df.x1[row] / scale for row in range(rows)])
        value = sm.posttraining.FT(df, facet, positive)
        print(f"    ({seed}, {rows}, {values}, {thirds}, {quarters}, {str(missing).lower()}, {float(value)!r}),")
    print("];")


def print_proxies() -> None:
    """Print areas under the curve."""
    print(
        "/// Seed, values of the feature (0: continuous); roc_auc_score of scikit-learn 1.9.1, mannwhitneyu of scipy 1.17.1."
    )
    print("pub const NUMERIC_PROXY: &[(u64, u64, [f64; 2])] = &[")
    for seed, values in ((201, 0), (202, 5), (203, 2)):
        group = np.array([mix(seed + 4000, row) % 3 == 0 for row in range(300)])
        feature = np.array([unit(seed, row) if values == 0 else float(mix(seed, row) % values) for row in range(300)])
        feature = feature + np.where(group, 0.15 if values == 0 else 1.0, 0.0)
        p = stats.mannwhitneyu(feature[group], feature[~group], method="asymptotic", use_continuity=False).pvalue
        print(f"    ({seed}, {values}, {plain([roc_auc_score(group, feature), p])}),")
    print("];")


print("//! Printed by crates/kernels/golden/bias.py; the versions are those of bias-requirements.txt.")
print_clarify()
print_classes()
print_fairlearn()
print_aif360()
print_tests()
print_flips()
print_proxies()
