//! What `--help` shows below the options: commands to begin with, and what exit codes say.

/// Below the help of `profile`.
pub const PROFILE: &str = "\
Examples:
  lockgate stats profile loans.parquet
  lockgate stats profile loans/                               a folder of files; folders `name=value` are columns
  lockgate stats profile loans.csv --out loans.profile        keep it: a few kilobytes a column, no rows
  lockgate stats profile loans.csv --json | jq .columns.age
  lockgate stats profile loans.csv --limit 'completeness[age]>=0.99' --limit 'rows>=1000'

In two processes, with the bytes of one (partitions are counted from 0):
  lockgate stats profile loans.parquet --partitions 0..4 --out a.profile
  lockgate stats profile loans.parquet --partitions 4..9 --out b.profile
  lockgate stats profile a.profile b.profile --out loans.profile

Files are read by the ends of their names: .parquet, .csv, .jsonl, .ndjson, .json, .arrow, .feather, .ipc.
In Python: from lockgate import stats; stats.profile(\"loans.parquet\")
Exit codes: 0 within every --limit, 1 beyond one, 3 one could not be computed, 2 the command line or a file is wrong.";

/// Below the help of `drift`.
pub const DRIFT: &str = "\
Examples:
  lockgate stats drift last_month.parquet this_month.parquet
  lockgate stats drift loans.profile this_month.parquet       `lockgate stats profile FILE --out loans.profile` made it
  lockgate stats drift a.csv b.csv --columns age,income --tests psi,wasserstein
  lockgate stats drift a.csv b.csv --tests psi --limit 'psi<=0.2'            the same limit for each column
  lockgate stats drift a.csv b.csv --tests psi --limit 'psi[age]<=0.2'       for one column

A column has drifted if chance alone would do that in fewer than --alpha of all comparisons of equal data, however many columns there
are. How large a change is, its value says: with many rows, changes too small to matter are found, and a --limit is what to ask for.

Measures: psi ks wasserstein wasserstein_normed jensen_shannon hellinger kl chi_square g_test l_infinity cramers_v total_variation
energy new_share vanished_share null_share, and domain_classifier: a model that is asked whether it tells the two apart. It is asked unless
--tests are named without it, and needs rows on both sides.
In Python: from lockgate import stats; stats.drift(\"a.csv\", \"b.csv\")
Exit codes: 0 no drift, or within every --limit; 1 drift, or beyond a limit; 3 that could not be computed, or not of a column that is
named, or a test that is named for no column; 2 the command line or a file is wrong.";

/// Below the help of `quality`.
pub const QUALITY: &str = "\
Examples:
  lockgate stats quality scored.parquet --task binary --truth defaulted --score probability
  lockgate stats quality scored.csv --task binary --truth outcome --positive bad --prediction predicted --score p_bad
  lockgate stats quality scored.csv --task binary --truth outcome --positive bad --score p_bad --interval --slices region
  lockgate stats quality scored.csv --task binary --truth outcome --positive bad --score p_bad --limit 'roc_auc>=0.7'
  lockgate stats quality scored.csv ... --slices region --limit 'roc_auc[region=north]>=0.65'
  lockgate stats quality scored.csv ... --slices age --slice-bins age=25,40                           up to 25, up to 40, and above
  lockgate stats quality scored.csv --task multiclass --truth species --prediction predicted
  lockgate stats quality scored.csv --task regression --truth price --prediction predicted
  lockgate stats quality ranked.csv --task ranking --truth relevance --score score --query query --k 5
  lockgate stats quality scored.csv ... --metrics roc_auc,f1 --interval                               these alone, which is faster
  lockgate stats quality scored.csv ... --threshold 0.3 --costs false_positive=1,false_negative=5

Metrics have scikit-learn's names: roc_auc, average_precision, log_loss, brier, f1, accuracy, r2, ...; --json shows them all, with the
points of the curves. With costs there is `cost`, per row, and the threshold of the least cost.
In Python: from lockgate import stats; stats.quality(truth, score=score, task=\"binary\")
Exit codes: 0 within every --limit, 1 beyond one, 3 one could not be computed, or a metric that is named could not; 2 the command line or
a file is wrong.";

/// Below the help of `estimate`.
pub const ESTIMATE: &str = "\
Examples:
  lockgate stats estimate labelled.parquet new.parquet --truth defaulted --score probability --prediction predicted
  lockgate stats estimate labelled.csv new.csv --truth outcome --positive bad --score p_bad --limit 'roc_auc>=0.7'
  lockgate stats estimate labelled.csv new.csv --method dle --truth price --prediction predicted

An estimate assumes that scores, or features, say of errors what they said in the reference. It sees that rows have changed; that the
same rows now come out otherwise, it cannot see. Bands are three sampling errors wide.
In Python: from lockgate import stats; stats.estimate(\"labelled.csv\", \"new.csv\", ...)
Exit codes: 0 within every --limit, 1 beyond one, 3 one could not be computed, 2 the command line or a file is wrong.";

/// Below the help of `bias`.
pub const BIAS: &str = "\
Examples:
  lockgate stats bias loans.csv --facet sex --label outcome --positive good
  lockgate stats bias loans.csv --facet sex --disadvantaged female --label outcome --positive good --prediction predicted
  lockgate stats bias loans.csv --facet age --disadvantaged-above 40 --label outcome --positive good
  lockgate stats bias loans.csv --facet age --bins age=25,40 --label outcome --positive good
  lockgate stats bias loans.csv --facet sex,region --label outcome --positive good                    combinations
  lockgate stats bias loans.csv --facet sex --label outcome --positive good --limit 'abs(DPL)<=0.1'   each value of the facet
  lockgate stats bias loans.csv ... --prediction predicted --limit 'DI[female]>=0.8'                  one of them
  lockgate stats bias loans.csv ... --prediction predicted --metrics DI,TE                            and DPPL, which leads

Metrics have Clarify's abbreviations (CI DPL KL JS LP TVD KS CDDL; with predictions DPPL DI DCA DCR AD RD SD DAR DRR TE CDDPL GE; with
features FT) and the names of Fairlearn's functions. A group of fewer than --min-group rows has no number: chance makes the smallest
groups differ most, and they say the most about single persons.
In Python: from lockgate import stats; stats.bias(\"loans.csv\", facet=\"sex\", label=\"outcome\", positive=[\"good\"])
Exit codes: 0 within every --limit; 1 beyond one, or, without limits, a group fails the four-fifths rule by more than chance; 3 one
could not be computed, a metric that is named has a number for no group, or nothing is positive; 2 the command line or a file is wrong.";
