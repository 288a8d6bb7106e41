"""Prints the golden values of src/quality: scikit-learn, scipy, NannyML, and enumeration where none has it.

The rows are made by the same hash as in quality/tests/testdata.rs. Versions: quality-requirements.txt.
"""

import itertools
import logging
import math
import os
import warnings
from decimal import Decimal, getcontext

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import numpy as np
import pandas as pd
from nannyml import CBPE, DLE
from nannyml.calibration import _calculate_expected_calibration_error, _get_bin_index_edges
from nannyml.sampling_error import binary_classification as binary
from nannyml.sampling_error import regression as nml
from scipy.stats import ks_2samp
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.tree import DecisionTreeRegressor

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
MASK = (1 << 64) - 1


def mix(seed, index):
    z = seed ^ ((index + 1) * 0x9E3779B97F4A7C15 & MASK)
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def unit(stream, row):
    return (mix(stream, row) >> 11) / float(1 << 53)


def units(stream, rows):
    return np.array([unit(stream, row) for row in range(rows)])


def show(name, value):
    if isinstance(value, dict):
        body = ", ".join(f'("{key}", {float(number)!r})' for key, number in value.items())
        print(f"{name}: [{body}]")
    elif np.ndim(value) == 0:
        print(f"{name}: {float(value)!r}")
    else:
        print(f"{name}: [{', '.join(repr(float(number)) for number in value)}]")


# -- the rows of tests/testdata.rs
score = np.floor(units(1, 40) * 20) / 20
truth = units(2, 40) < 0.2 + 0.6 * score
prediction = score >= 0.5
weight = np.floor(units(3, 40) * 9) / 4

classes = (units(5, 60) * 4).astype(int)
guess = np.where(units(6, 60) < 0.6, classes, (units(7, 60) * 5).astype(int))
raw = [[unit(10 + c, r) + (0.5 if classes[r] == c else 0.0) for c in range(4)] for r in range(60)]
class_scores = np.array([[value / (((row[0] + row[1]) + row[2]) + row[3]) for value in row] for row in raw])
class_weight = np.floor(units(3, 60) * 9) / 4

y = 10 * units(20, 50) + 0.5
y_hat = y + 3 * units(21, 50) - 0.4
y_weight = np.floor(units(3, 50) * 9) / 4


def confusion(w):
    k = {"sample_weight": w}
    tn, fp, fn, tp = sk.confusion_matrix(truth, prediction, **k).ravel()
    ratios = sk.class_likelihood_ratios(truth, prediction, **k)
    return {
        "accuracy": sk.accuracy_score(truth, prediction, **k),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, prediction, **k),
        "precision": sk.precision_score(truth, prediction, **k),
        "recall": sk.recall_score(truth, prediction, **k),
        "specificity": sk.recall_score(truth, prediction, pos_label=False, **k),
        "f1": sk.f1_score(truth, prediction, **k),
        "f0_5": sk.fbeta_score(truth, prediction, beta=0.5, **k),
        "f2": sk.fbeta_score(truth, prediction, beta=2, **k),
        "jaccard": sk.jaccard_score(truth, prediction, **k),
        "matthews_corrcoef": sk.matthews_corrcoef(truth, prediction, **k),
        "cohen_kappa": sk.cohen_kappa_score(truth, prediction, **k),
        "positive_likelihood_ratio": ratios[0],
        "negative_likelihood_ratio": ratios[1],
        "true_positive_rate": tp / (tp + fn),
        "true_negative_rate": tn / (tn + fp),
        "false_positive_rate": fp / (tn + fp),
        "false_negative_rate": fn / (tp + fn),
    }


def ranked(w):
    fpr, tpr, _ = sk.roc_curve(truth, score, sample_weight=w, drop_intermediate=False)
    auc = sk.roc_auc_score(truth, score, sample_weight=w)
    return {
        "roc_auc": auc,
        "gini": 2 * auc - 1,
        "average_precision": sk.average_precision_score(truth, score, sample_weight=w),
        "ks": np.max(np.abs(tpr - fpr)),
    }


def probability(w):
    k = {"sample_weight": w}
    return {
        "log_loss": sk.log_loss(truth, score, **k),
        "brier": sk.brier_score_loss(truth, score, **k),
        "d2_log_loss": sk.d2_log_loss_score(truth, score, **k),
        "d2_brier": sk.d2_brier_score(truth, score, **k),
    }


def curves():
    t, s = truth[:8], score[:8]
    fpr, tpr, thresholds = sk.roc_curve(t, s, drop_intermediate=False)
    show("curves ROC_FPR", fpr)
    show("curves ROC_TPR", tpr)
    show("curves THRESHOLDS", thresholds[1:])
    precision, recall, _ = sk.precision_recall_curve(t, s, drop_intermediate=False)
    show("curves PRECISION", precision[:-1][::-1])
    show("curves RECALL", recall[:-1][::-1])


def class_metrics(w, gap):
    k = {"sample_weight": w}
    z = {"zero_division": gap, **k}

    def mean(metric, average, **more):
        return metric(classes, guess, average=average, **more)

    of_rest = [sk.recall_score(classes != c, guess != c, **k) for c in range(5)]
    return {
        "accuracy": sk.accuracy_score(classes, guess, **k),
        "balanced_accuracy": sk.balanced_accuracy_score(classes, guess, **k),
        "matthews_corrcoef": sk.matthews_corrcoef(classes, guess, **k),
        "cohen_kappa": sk.cohen_kappa_score(classes, guess, **k),
        "precision_micro": mean(sk.precision_score, "micro", **z),
        "recall_micro": mean(sk.recall_score, "micro", **z),
        "f1_micro": mean(sk.f1_score, "micro", **z),
        "jaccard_micro": mean(sk.jaccard_score, "micro", **k),
        "precision_macro": mean(sk.precision_score, "macro", **z),
        "recall_macro": mean(sk.recall_score, "macro", **z),
        "specificity_macro": np.mean(of_rest),
        "f1_macro": mean(sk.f1_score, "macro", **z),
        "jaccard_macro": mean(sk.jaccard_score, "macro", **k),
        "precision_weighted": mean(sk.precision_score, "weighted", **z),
        "recall_weighted": mean(sk.recall_score, "weighted", **z),
        "f0_5_weighted": mean(sk.fbeta_score, "weighted", beta=0.5, **z),
        "f1_weighted": mean(sk.f1_score, "weighted", **z),
        "f2_weighted": mean(sk.fbeta_score, "weighted", beta=2, **z),
        "jaccard_weighted": mean(sk.jaccard_score, "weighted", **k),
    }


def class_score_metrics(w):
    k = {"sample_weight": w}

    def auc(kind, average, w):
        return sk.roc_auc_score(classes, class_scores, multi_class=kind, average=average, sample_weight=w)

    found = {"roc_auc_ovr": auc("ovr", "macro", w), "roc_auc_ovr_weighted": auc("ovr", "weighted", w)}
    if w is None:  # scikit-learn takes no weights here
        found |= {"roc_auc_ovo": auc("ovo", "macro", w), "roc_auc_ovo_weighted": auc("ovo", "weighted", w)}
    return found | {
        "average_precision_macro": sk.average_precision_score(classes, class_scores, average="macro", **k),
        "average_precision_weighted": sk.average_precision_score(classes, class_scores, average="weighted", **k),
        "log_loss": sk.log_loss(classes, class_scores, **k),
        "d2_log_loss": sk.d2_log_loss_score(classes, class_scores, **k),
        "brier": sk.brier_score_loss(classes, class_scores, **k),
        "d2_brier": sk.d2_brier_score(classes, class_scores, **k),
        "top_k_accuracy": sk.top_k_accuracy_score(classes, class_scores, k=2, **k),
    }


def regression(w):
    k = {"sample_weight": w}
    return {
        "mean_absolute_error": sk.mean_absolute_error(y, y_hat, **k),
        "mean_squared_error": sk.mean_squared_error(y, y_hat, **k),
        "root_mean_squared_error": sk.root_mean_squared_error(y, y_hat, **k),
        "r2": sk.r2_score(y, y_hat, **k),
        "explained_variance": sk.explained_variance_score(y, y_hat, **k),
        "mean_absolute_percentage_error": sk.mean_absolute_percentage_error(y, y_hat, **k),
        "symmetric_mean_absolute_percentage_error": np.average(2 * abs(y - y_hat) / (abs(y) + abs(y_hat)), weights=w),
        "max_error": sk.max_error(y if w is None else y[w > 0], y_hat if w is None else y_hat[w > 0]),
        "mean_squared_log_error": sk.mean_squared_log_error(y, y_hat, **k),
        "root_mean_squared_log_error": sk.root_mean_squared_log_error(y, y_hat, **k),
        "mean_poisson_deviance": sk.mean_poisson_deviance(y, y_hat, **k),
        "mean_gamma_deviance": sk.mean_gamma_deviance(y, y_hat, **k),
        "median_absolute_error": sk.median_absolute_error(y, y_hat, **k),
        "d2_absolute_error": sk.d2_absolute_error_score(y, y_hat, **k),
    }


# -- ranking: what scikit-learn lacks, over every order of tied items
def orders(scores):
    levels = sorted(set(scores), reverse=True)
    groups = [[i for i, s in enumerate(scores) if s == level] for level in levels]
    for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield [item for part in parts for item in part]


def expectation(metric, relevant, scores, most):
    values = [metric([relevant[item] for item in order], most) for order in orders(scores)]
    return sum(values) / len(values)


def ap_at(hits, most):
    found = [sum(hits[: i + 1]) / (i + 1) for i in range(min(most, len(hits))) if hits[i]]
    return sum(found) / min(most, sum(hits))


def precision_at(hits, most):
    return sum(hits[:most]) / most


def reciprocal_rank(hits, _):
    return 1 / (hits.index(1) + 1)


def recall_at(hits, most):
    return sum(hits[:most]) / sum(hits)


def ranking():
    relevance = [3.0, 0.0, 2.0, 1.0, 0.0, 2.0, 1.0, 0.0]
    scores = [0.9, 0.8, 0.8, 0.5, 0.5, 0.5, 0.2, 0.1]
    hits = [0, 0, 1, 0, 1, 1, 0, 1]
    for most in (None, 1, 3, 5):
        show(f"ranking DCG {most}", sk.dcg_score([relevance], [scores], k=most))
        show(f"ranking NDCG {most}", sk.ndcg_score([relevance], [scores], k=most))
    for most in (1, 2, 3, 5, 8):
        found = [expectation(metric, hits, scores, most) for metric in (ap_at, precision_at, recall_at)]
        show(f"ranking AP PRECISION RECALL {most}", found)
    for h in (hits, hits[::-1], [0, 0, 0, 1, 0, 1, 0, 0]):
        show("ranking RECIPROCAL", expectation(reciprocal_rank, h, scores, None))
    distinct = [0.1, 0.7, 0.3, 0.9, 0.2, 0.8, 0.4, 0.6]
    show("ranking AP", sk.average_precision_score(hits, distinct))
    baseline, current = [0.40, 0.30, 0.15, 0.10, 0.05], [0.10, 0.35, 0.05, 0.30, 0.20]
    show("ranking ATTRIBUTION", sk.ndcg_score([baseline], [current]))
    show("ranking ATTRIBUTION swapped", sk.ndcg_score([current], [baseline]))
    labels = (sk.label_ranking_average_precision_score, sk.coverage_error, sk.label_ranking_loss)
    for name, of in (("", scores), (" distinct", distinct)):
        show(f"ranking LABELS{name}", [metric([hits], [of]) for metric in labels])


def queries():
    """Five queries of eight items, as in crates/stats/src/quality/tests."""
    relevance, scores = np.floor(units(80, 40).reshape(5, 8) * 4), np.floor(units(81, 40).reshape(5, 8) * 6) / 6
    hits = (relevance > 0).astype(int)
    show("queries DCG", [sk.dcg_score(relevance, scores, k=k) for k in (None, 3)])
    show("queries NDCG", [sk.ndcg_score(relevance, scores, k=k) for k in (None, 3)])
    labels = (sk.label_ranking_average_precision_score, sk.coverage_error, sk.label_ranking_loss)
    show("queries LABELS", [metric(hits, scores) for metric in labels])


def calibration(w):
    w = np.ones(40) if w is None else w
    t, p, w = truth[w > 0], score[w > 0], w[w > 0]
    place = np.searchsorted(np.linspace(0, 1, 11)[1:-1], p)
    share = np.array([np.average(t[place == b], weights=w[place == b]) for b in np.unique(place)])
    mean = np.array([np.average(p[place == b], weights=w[place == b]) for b in np.unique(place)])
    part = np.array([w[place == b].sum() for b in np.unique(place)])
    if (w == 1).all():
        reference = calibration_curve(truth, score, n_bins=10)
        assert np.allclose(reference[0], share)
        assert np.allclose(reference[1], mean)
        show("calibration SHARE", share)
        show("calibration MEAN", mean)
    return np.sum(part * abs(share - mean)) / part.sum()


def frequency_calibration():
    p, t = units(30, 200), units(31, 200) < units(30, 200) ** 2
    order = np.argsort(p)
    return _calculate_expected_calibration_error(t[order], p[order], _get_bin_index_edges(200, 10))


def isotonic(w):
    keep = np.ones(40, bool) if w is None else w > 0
    fit = IsotonicRegression(out_of_bounds="clip")
    fit.fit(score[keep], truth[keep], sample_weight=None if w is None else w[keep])
    return fit.predict([-1.0, 0.0, 0.07, 0.13, 0.25, 0.31, 0.44, 0.5, 0.61, 0.77, 0.9, 1.5])


def poisson_draws(seed, replicate, rows):
    getcontext().prec = 60
    e = sum(Decimal(1) / math.factorial(n) for n in range(60))
    bounds = [int(sum(1 / e / math.factorial(n) for n in range(k + 1)) * 2**64) for k in range(20)]
    stream = mix(seed, replicate)
    return np.array([sum(mix(stream, row) >= bound for bound in bounds) for row in range(rows)]), bounds


def bootstrap():
    print("bootstrap POISSON:", ", ".join(f"{bound:_}" for bound in poisson_draws(0, 0, 0)[1]))
    show("bootstrap DRAWS", poisson_draws(7, 3, 12)[0])
    for name, w in (("", np.ones(40)), ("_WEIGHTED", weight)):
        aucs, accuracies = [], []
        for replicate in range(100):
            k = w * poisson_draws(7, replicate, 40)[0]
            aucs.append(sk.roc_auc_score(truth, score, sample_weight=k))
            accuracies.append(sk.accuracy_score(truth, prediction, sample_weight=k))
        for kind, values in (("AUC", aucs), ("ACCURACY", accuracies)):
            show(f"bootstrap {kind}{name}", [*np.quantile(values, [0.05, 0.95]), np.std(values, ddof=1)])


def cbpe_rows(first, rows, name):
    p = np.array([unit(40, first + r) for r in range(rows)])
    if name == "level":  # ten scores, each as often true as it says, to the row
        p = np.repeat(np.arange(5, 100, 10) / 100, rows // 10)
        t = np.tile(np.arange(rows // 10) / (rows // 10), 10) < p
        return pd.DataFrame({"p": p, "t": t.astype(int), "y": (p >= 0.5).astype(int)})
    chance = {"bent": p * p, "sharp": np.clip((p - 0.5) * 50 + 0.5, 0, 1)}[name]
    t = np.array([unit(41, first + r) for r in range(rows)]) < chance
    return pd.DataFrame({"p": p, "t": t.astype(int), "y": (p >= 0.5).astype(int)})


def cbpe(name):
    ids = ["roc_auc", "average_precision", "accuracy", "precision", "recall", "specificity", "f1", "confusion_matrix"]
    kind = "classification_binary"
    model = CBPE(
        y_pred_proba="p",
        y_true="t",
        metrics=[*ids, "business_value"],
        y_pred="y",
        problem_type=kind,
        chunk_number=1,
        business_value_matrix=np.array([[0.5, -3.0], [-1.0, 7.0]]),
    )
    np.random.seed(0)
    model.fit(cbpe_rows(0, 2000, name))
    print(f"cbpe {name} calibrated: {model.needs_calibration}")
    table = model.estimate(cbpe_rows(5000, 1000, name)).filter(period="analysis").to_df()
    names = [*ids[:-1], "true_positive", "false_positive", "false_negative", "true_negative"]
    for part in ("value", "sampling_error"):
        show(f"cbpe {name} {part}", {i: table[(i, part)].iloc[0] for i in names})
        show(f"cbpe {name} business {part}", table[("business_value", part)].iloc[0])
    for part in ("lower_confidence_boundary", "upper_confidence_boundary"):
        show(f"cbpe {name} {part}", {i: table[(i, part)].iloc[0] for i in ("recall", "f1")})


def class_cbpe_rows(first, rows):
    table = []
    for row in range(first, first + rows):
        raw = [unit(70 + c, row) + 0.05 for c in range(3)]
        p = [value / ((raw[0] + raw[1]) + raw[2]) for value in raw]
        squares = [value * value for value in p]
        draw = unit(73, row) * ((squares[0] + squares[1]) + squares[2])
        t = 0 if draw < squares[0] else 1 if draw < squares[0] + squares[1] else 2
        table.append([*p, t, max(range(3), key=lambda c: p[c])])
    return pd.DataFrame(table, columns=["p0", "p1", "p2", "t", "y"]).astype({"t": int, "y": int})


def class_cbpe():
    ids = ["accuracy", "roc_auc", "average_precision", "precision", "recall", "specificity", "f1"]
    model = CBPE(
        y_pred_proba={0: "p0", 1: "p1", 2: "p2"},
        y_true="t",
        metrics=[*ids, "confusion_matrix", "business_value"],
        y_pred="y",
        problem_type="classification_multiclass",
        chunk_number=1,
        business_value_matrix=np.array([[1.0, -2.0, -3.0], [-4.0, 5.0, -6.0], [-7.0, -8.0, 9.0]]),
    )
    np.random.seed(0)
    reference = class_cbpe_rows(0, 3000)
    model.fit(reference)
    print("class_cbpe calibrators:", [type(calibrator).__name__ for calibrator in model._calibrators.values()])
    table = model.estimate(class_cbpe_rows(5000, 1000)).filter(period="analysis").to_df()
    ours = {"roc_auc": "roc_auc_ovr"} | {i: f"{i}_macro" for i in ids[2:]}
    cells = [f"true_{t}_pred_{p}" for t in range(3) for p in range(3)]
    for part, name in (("value", "VALUE"), ("sampling_error", "ERROR")):
        show(f"class_cbpe {name}", {ours.get(i, i): table[(i, part)].iloc[0] for i in ids})
        show(f"class_cbpe CELLS {name}", [table[(i, part)].iloc[0] for i in cells])
        show(f"class_cbpe BUSINESS {name}", table[("business_value", part)].iloc[0])
    # Of F1 with the factor of two classes, as its two-class error has it.
    errors = []
    for c in range(3):
        of = binary.f1_sampling_error_components((reference.t == c).astype(int), (reference.y == c).astype(int))
        errors.append(binary.f1_sampling_error(of, range(1000)))
    show("class_cbpe F1 ERROR", np.sqrt(np.sum(np.square(errors))) / 3)


def dle_rows(first, rows, shift):
    def at(stream):
        return np.array([unit(stream, first + r) for r in range(rows)])

    a, b = at(50) ** shift, at(51)
    t = 5 + 3 * a + b
    return pd.DataFrame({"a": a, "b": b, "t": t, "p": t + (at(52) - 0.5) * (0.2 + 4 * a)})


def dle():
    reference, current = dle_rows(0, 3000, 1.0), dle_rows(5000, 1000, 0.5)
    parts = {"mae": "mae", "mse": "mse", "rmse": "rmse", "mape": "mape", "msle": "msle", "rmsle": "rmsle"}
    errors = {}
    for name in parts:
        of = getattr(nml, f"{name}_sampling_error_components")(reference.t, reference.p)
        errors[name] = getattr(nml, f"{name}_sampling_error")(of, current)
    show("dle SAMPLING", errors)
    model = DLE(
        feature_column_names=["a", "b"],
        y_pred="p",
        y_true="t",
        metrics=list(parts),
        chunk_number=1,
        hyperparameters={"verbose": -1},
    )
    model.fit(reference)
    table = model.estimate(current).filter(period="analysis").to_df()
    show("dle NANNYML estimate", {name: table[(name, "value")].iloc[0] for name in parts})
    show("dle NANNYML sampling", {name: table[(name, "sampling_error")].iloc[0] for name in parts})
    show("dle realised", {name: table[(name, "realized")].iloc[0] for name in parts})


def tree():
    x = np.floor(np.column_stack([units(60, 500), units(61, 500)]) * 16)
    loss = np.where(x[:, 0] > 9, 3.0, 1.0) + 0.1 * x[:, 1] + units(62, 500)
    fit = DecisionTreeRegressor(max_depth=3, min_samples_leaf=20).fit(x, loss)
    show("tree EXPECTED", fit.predict([[0, 0], [15, 0], [0, 15], [15, 15], [9, 8], [10, 8], [4, 3], [12, 11]]))
    print("tree leaves:", fit.get_n_leaves())


if __name__ == "__main__":
    for name, w in (("", None), ("_WEIGHTED", weight)):
        show(f"confusion GOLDEN{name}", confusion(w))
        show(f"ranked GOLDEN{name}", ranked(w))
        show(f"probability GOLDEN{name}", probability(w))
        show(f"isotonic GOLDEN{name}", isotonic(w))
        show(f"calibration ECE{name}", calibration(w))
    show("ranked KS", ks_2samp(score[truth], score[~truth]).statistic)
    show("probability GOLDEN_SURE", sk.log_loss([1, 0, 1], [0.0, 1.0, 1.0]))
    show("calibration FREQUENCY", frequency_calibration())
    curves()
    for name, w in (("", None), ("_WEIGHTED", class_weight)):
        show(f"classes ZERO{name}", class_metrics(w, 0))
        show(f"classes LEFT_OUT{name}", class_metrics(w, np.nan))
        show(f"class_scores GOLDEN{name}", class_score_metrics(w))
    for name, w in (("", None), ("_WEIGHTED", y_weight)):
        show(f"regression GOLDEN{name}", regression(w))
        show(
            f"regression PINBALL{name}",
            [sk.mean_pinball_loss(y, y_hat, alpha=alpha, sample_weight=w) for alpha in (0.0, 0.1, 0.5, 0.9)],
        )
    ranking()
    queries()
    bootstrap()
    cbpe("bent")
    cbpe("sharp")
    cbpe("level")
    class_cbpe()
    dle()
    tree()
