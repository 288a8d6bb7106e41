//! What people read.
use super::{ColumnDrift, ColumnSide, Compared, Drift, Look, SideKind, Verdict};
use crate::{Align, NO_NUMBER, Outcome, Report, Table, bars, count, interval, number, number_or_dash, p_value, share};
use kernels::drift::TestId;

/// Names that a sentence holds.
const NAMED: usize = 5;

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Within => "within",
        Verdict::Drifted => "drifted",
        Verdict::NotComputable => "not computable",
    }
}

/// Names in backticks, the first five of them.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let mut shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    if names.len() > NAMED {
        shown.push(format!("{} more", count((names.len() - NAMED) as u64)));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.concat(),
    }
}

impl Drift {
    fn with(&self, verdict: Verdict) -> impl Iterator<Item = &ColumnDrift> {
        self.columns.iter().filter(move |column| column.verdict == verdict)
    }

    /// Drifted columns first, the surest before the others; within columns last.
    fn by_weight(&self) -> Vec<&ColumnDrift> {
        let rank = |column: &ColumnDrift| match column.verdict {
            Verdict::Drifted => 0,
            Verdict::NotComputable => 1,
            Verdict::Within => 2,
        };
        let sureness =
            |column: &ColumnDrift| column.adjusted.filter(|_| column.verdict == Verdict::Drifted).unwrap_or(1.0);
        let mut columns: Vec<&ColumnDrift> = self.columns.iter().collect();
        columns.sort_by(|a, b| rank(a).cmp(&rank(b)).then(sureness(a).total_cmp(&sureness(b))));
        columns
    }

    fn tests(&self) -> Option<Table> {
        let others = |column: &ColumnDrift| -> Vec<TestId> {
            let is_other = |id: &&TestId| **id != column.found.default && **id != TestId::NullShare;
            column.found.tests.keys().filter(is_other).copied().collect()
        };
        if self.columns.iter().all(|column| others(column).is_empty()) {
            return None;
        }
        let rows = self.by_weight().into_iter().flat_map(|column| {
            column.found.tests.iter().map(|(id, test)| {
                vec![
                    column.name.clone(),
                    id.to_string(),
                    number_or_dash(test.value),
                    test.interval.map_or(NO_NUMBER.to_owned(), |found| interval(found.low, found.high)),
                    number_or_dash(test.threshold),
                    test.p_value.map_or(NO_NUMBER.to_owned(), p_value),
                    word(test.verdict).to_owned(),
                    test.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
                ]
            })
        });
        let headings = [
            ("column", Align::Left),
            ("test", Align::Left),
            ("value", Align::Right),
            ("interval", Align::Right),
            ("threshold", Align::Right),
            ("p-value", Align::Right),
            ("by itself", Align::Left),
            ("why not", Align::Left),
        ];
        Some(Table { title: "Every test".to_owned(), headings: headed(&headings), rows: rows.collect() })
    }

    fn shares(&self) -> Option<Table> {
        let mut shares: Vec<(&String, f64)> =
            self.domain.columns.iter().zip(self.domain.found.shares.iter().copied()).collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        let rows = shares.into_iter().filter(|(_, part)| *part > 0.0).take(10);
        let rows: Vec<Vec<String>> = rows.map(|(name, part)| vec![name.clone(), share(part)]).collect();
        let headings = [("column", Align::Left), ("share", Align::Right)];
        let title = "By which columns a model tells the sides apart".to_owned();
        (self.domain.verdict == Verdict::Drifted).then(|| Table { title, headings: headed(&headings), rows })
    }

    /// That nothing was found is no proof that nothing is there: what was compared is said, and that chance may be all.
    fn none_drifted(&self) -> String {
        let computed = self.columns.len() - self.with(Verdict::NotComputable).count();
        let compared = match computed {
            0 => return "No column can be compared by itself.".to_owned(),
            1 => "the one column".to_owned(),
            more => format!("the {} columns", count(more as u64)),
        };
        if self.domain.verdict == Verdict::Drifted {
            return format!("None of {compared} compared drifted by itself.");
        }
        format!("No drift was found in {compared} compared: chance may have done what differs.")
    }

    /// The tests that were named and that have a number in no column. One may be there without a verdict, as of distances of sketches:
    /// a limit can be on it.
    pub(super) fn untested(&self) -> impl Iterator<Item = TestId> {
        self.asked.tests.iter().flatten().copied().filter(|id| {
            let value = |column: &ColumnDrift| column.found.tests.get(id)?.value;
            !self.columns.iter().any(|column| value(column).is_some())
        })
    }

    fn of_tests(&self) -> String {
        let names: Vec<&str> = self.untested().map(TestId::as_str).collect();
        if names.is_empty() {
            return String::new();
        }
        format!(" For no column there is a number of {}, asked for by name.", list(names.into_iter()))
    }

    fn of_domain(&self) -> String {
        let test = &self.domain.found.test;
        if let (Some(true), Verdict::NotComputable, Some(why)) =
            (self.asked.domain_classifier, self.domain.verdict, &test.reason)
        {
            return format!(" A model was asked for and has no answer: {why}.");
        }
        let Some(area) = test.value.filter(|_| self.domain.verdict == Verdict::Drifted) else {
            return String::new();
        };
        let area = number(area);
        if self.with(Verdict::Drifted).next().is_some() {
            return format!(" A model tells the sides apart with an area under the curve of {area}.");
        }
        format!(
            " Together they did: a model tells the sides apart with an area under the curve of {area}. Columns go together otherwise than they did, or changed in a way that their own test is weak at."
        )
    }
}

fn headed(headings: &[(&str, Align)]) -> Vec<(String, Align)> {
    headings.iter().map(|(text, align)| ((*text).to_owned(), *align)).collect()
}

fn missing(side: ColumnSide) -> String {
    if side.rows == 0 { NO_NUMBER.to_owned() } else { share(side.missing as f64 / side.rows as f64) }
}

/// Bars of both sides, of the same values.
fn looks(look: &Look) -> [String; 2] {
    let shown = |counts: Vec<u64>| bars(&counts.into_iter().map(|count| count as f64).collect::<Vec<f64>>());
    match look {
        Look::Nothing => [String::new(), String::new()],
        Look::Histogram(found) => [shown(found.reference.clone()), shown(found.current.clone())],
        Look::Top { values, .. } => [
            shown(values.iter().map(|value| value.reference).collect()),
            shown(values.iter().map(|value| value.current).collect()),
        ],
    }
}

fn row(column: &ColumnDrift) -> Vec<String> {
    let test = column.found.tests.get(&column.found.default);
    let [reference, current] = looks(&column.look);
    let why =
        column.found.reason.as_ref().filter(|_| column.verdict == Verdict::NotComputable).map(ToString::to_string);
    let why: Vec<String> =
        column.note.clone().into_iter().chain(why.filter(|why| column.note.as_ref() != Some(why))).collect();
    vec![
        column.name.clone(),
        word(column.verdict).to_owned(),
        reference,
        current,
        column.found.default.to_string(),
        number_or_dash(test.and_then(|test| test.value)),
        column.adjusted.map_or(NO_NUMBER.to_owned(), p_value),
        missing(column.reference),
        missing(column.current),
        why.join("; "),
    ]
}

impl Report for Drift {
    fn headline(&self) -> String {
        let all = self.columns.len();
        let columns = if all == 1 { "1 column".to_owned() } else { format!("{} columns", count(all as u64)) };
        let untold: Vec<&str> = self.with(Verdict::NotComputable).map(|column| column.name.as_str()).collect();
        let is_none_told = untold.len() == all && self.domain.verdict == Verdict::NotComputable;
        let untold = if untold.is_empty() {
            String::new()
        } else {
            format!(" Of {} nothing can be said.", list(untold.into_iter()))
        };
        let drifted = self.with(Verdict::Drifted).count();
        let first = match all {
            0 => "There are no columns to compare.".to_owned(),
            _ if is_none_told => return format!("Of {columns} none can be compared."),
            _ if drifted == 0 => self.none_drifted(),
            _ => {
                let names = list(self.by_weight().into_iter().take(drifted).map(|column| column.name.as_str()));
                format!("{} of {columns} drifted: {names}.", count(drifted as u64))
            }
        };
        format!("{first}{}{}{untold}", self.of_domain(), self.of_tests())
    }

    /// Breached if a column drifted, or the model tells the sides apart, each as one of all comparisons. Else not computable if nothing is,
    /// or if a column or a model that was asked for by name is not, or a test for no column.
    fn outcome(&self) -> Outcome {
        match self.verdict {
            Verdict::Within => Outcome::Within,
            Verdict::Drifted => Outcome::Breached,
            Verdict::NotComputable => Outcome::NotComputable,
        }
    }

    fn possible(&self) -> Vec<(&'static str, String)> {
        TestId::ALL.map(|id| (id.as_str(), "name it in `tests`".to_owned())).into()
    }

    fn tables(&self) -> Vec<Table> {
        let headings = [
            ("column", Align::Left),
            ("verdict", Align::Left),
            ("reference", Align::Left),
            ("current", Align::Left),
            ("test", Align::Left),
            ("value", Align::Right),
            ("p-value", Align::Right),
            ("missing before", Align::Right),
            ("missing now", Align::Right),
            ("note", Align::Left),
        ];
        let rows = self.by_weight().into_iter().map(row).collect();
        let columns = Table { title: "Columns".to_owned(), headings: headed(&headings), rows };
        [Some(columns), self.shares(), self.tests()].into_iter().flatten().collect()
    }

    fn notes(&self) -> Vec<String> {
        let (reference, current) = (&self.reference, &self.current);
        let mut notes = vec![
            format!(
                "{} rows of {} are the reference, {} rows of {} are current.",
                count(reference.rows),
                reference.name,
                count(current.rows),
                current.name
            ),
            format!(
                "Where nothing drifted, any column{} says otherwise in {} of all reports: p-values of columns are adjusted for their number (Benjamini & Hochberg); those of single tests are not.",
                if self.domain.verdict == Verdict::NotComputable { "" } else { " or the model" },
                share(self.asked.alpha)
            ),
        ];
        if self.with(Verdict::Drifted).next().is_some() {
            notes.push(
                "Drifted means more than chance would do, not much: with many rows small differences are told. How large one is, its value says."
                    .to_owned(),
            );
        }
        let is_time = |column: &&ColumnDrift| column.compared == Compared::Times;
        if self.with(Verdict::Drifted).any(|column| is_time(&column)) {
            let names = list(self.with(Verdict::Drifted).filter(is_time).map(|column| column.name.as_str()));
            notes.push(format!("Times go on by themselves, and {names} may have drifted for that alone, the model's verdict with it. Name the columns to compare to leave such out."));
        }
        if self.domain.found.test.value.is_some() {
            notes.push("The model is shown at most 5,000 rows of each side, spread evenly over it.".to_owned());
        }
        let single = |column: &&ColumnDrift| {
            column.note.as_ref().is_some_and(|note| note.ends_with("does not have this column"))
        };
        if self.columns.iter().any(|column| single(&column)) {
            let names = list(self.columns.iter().filter(single).map(|column| column.name.as_str()));
            notes.push(format!("Only one side has {names}: every row of the other counts as missing there. Name the columns to compare to leave such out."));
        }
        if reference.kind == SideKind::Profile || current.kind == SideKind::Profile {
            notes.push(
                "Profiles keep sketches: what they may be off by is taken for equal, so small drifts need the rows."
                    .to_owned(),
            );
        }
        notes
    }

    /// The public dictionary. A number that does not exist is `null`.
    ///
    /// - `columns`: by name, `{verdict, reason, compared, note, default_test, p_value, adjusted_p_value, tests, reference, current,
    ///   histogram, top}`. `verdict` is `within`, `drifted` or `not_computable` (then `reason` is a sentence), as one of all comparisons.
    ///   `compared`: `numbers`, `times`, `categories`, `types` or `missing`. `note`: a sentence or `null`.
    ///   - `tests`: by id, `{value, p_value, threshold, interval, verdict, reason}`, each test by itself; `interval` is `{low, high}`.
    ///     `threshold` is the least value whose p-value is at most α, before the correction for the number of columns.
    ///   - `reference`, `current`: `{type, rows, missing, missing_share}`; `type`: `numbers`, `times`, `flags`, `texts`, `mixed`,
    ///     `other`, `nothing` or `absent`.
    ///   - `histogram` (numbers; times in µs since 1970): `{edges, reference, current}`, one more edge than counts; else `null`.
    ///   - `top` (categories): `{values: [{value, reference, current}], others: {values, reference, current}}`, rows of both sides, and
    ///     how many other values there are; else `null`.
    /// - `dataset`: `{verdict, columns, computed, drifted, alpha, control, seed, domain_classifier}`; `columns` to `drifted` are numbers
    ///   of columns. `domain_classifier`: `{value, p_value, adjusted_p_value, threshold, interval, verdict, reason, columns}`; `value` is
    ///   the area under the curve, `columns` are shares by name.
    /// - `reference`, `current`: `{name, kind, rows}`; `kind`: `data` or `profile`.
    fn to_json(&self) -> serde_json::Value {
        self.dictionary()
    }
}
