//! A column as it comes, piece by piece, and its parts put together.
use super::Cells;
use super::exact::{Exact, Kept};
use super::texts::Texts;
use crate::data::{BEYOND, Values, is_same, narrow, texts_of, widest};
use arrow::array::types::ArrowPrimitiveType;
use arrow::array::{Array, ArrayRef, BooleanArray, Int32Array, Int64Array, PrimitiveArray};
use kernels::bias::MISSING;
use kernels::profile::{TimeKind, Value};

/// A column of one partition.
#[derive(Debug, Default)]
pub(super) struct Part {
    rows: u64,
    nulls: u64,
    held: Held,
    /// The dictionary of the last piece, and which code each of its texts has here.
    last: Option<(ArrayRef, Vec<u32>)>,
}

#[derive(Debug, Default)]
enum Held {
    /// Only nulls so far.
    #[default]
    Nothing,
    Numbers {
        values: Vec<f64>,
        integers: bool,
        exact: Exact,
    },
    Times {
        micros: Vec<f64>,
        kind: TimeKind,
        exact: Exact,
    },
    Flags {
        codes: Vec<u32>,
    },
    Texts(Texts),
    Other,
}

impl Part {
    pub(super) fn of_nulls(rows: u64) -> Self {
        Self { rows, nulls: rows, ..Self::default() }
    }

    /// Takes a piece; all pieces of a partition have one type.
    pub(super) fn take(&mut self, values: Values) {
        let before = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let (rows, nulls) = match values {
            Values::Nulls(rows) => (rows, rows),
            Values::Reals(values) => self.numbers(&values, false, None, |value| value),
            Values::Integers(values) => self.numbers(&values, true, Kept::integers(&values), |value| value as f64),
            Values::Unsigned(values) => self.numbers(&values, true, Kept::unsigned(&values), |value| value as f64),
            Values::Decimals(values, scale) => {
                self.numbers(&values, scale == 0, Kept::decimals(&values, scale), |value| decimal(value, scale))
            }
            Values::Wide(values, scale) => {
                let kept = Some(Kept::Wide(values.clone(), scale));
                self.numbers(&values, scale <= 0, kept, |value| match narrow(value, scale) {
                    Some((unscaled, scale)) => decimal(unscaled, scale),
                    None => widest(value, scale),
                })
            }
            Values::Times(values, kind, _) => self.times(&values, kind, before),
            Values::Flags(flags) => self.flags(&flags, before),
            Values::Texts(texts) => self.texts(&texts, before),
            Values::Coded { codes, texts } => self.coded(&codes, texts, before),
            Values::Others(array) => {
                self.held = Held::Other;
                (array.len(), array.logical_null_count())
            }
        };
        self.rows += rows as u64;
        self.nulls += nulls as u64;
    }

    fn numbers<T: ArrowPrimitiveType>(
        &mut self,
        array: &PrimitiveArray<T>,
        integers: bool,
        kept: Option<Kept>,
        number: impl Fn(T::Native) -> f64,
    ) -> (usize, usize) {
        if !matches!(self.held, Held::Numbers { .. }) {
            let values = vec![f64::NAN; usize::try_from(self.rows).unwrap_or(0)];
            self.held = Held::Numbers { values, integers, exact: Exact::default() };
        }
        if let Held::Numbers { values, exact, .. } = &mut self.held {
            exact.add(values.len(), kept);
            if array.null_count() == 0 {
                values.extend(array.values().iter().map(|&value| number(value)));
            } else {
                values.extend(array.iter().map(|value| value.map_or(f64::NAN, &number)));
            }
        }
        (array.len(), array.null_count())
    }

    /// Where one is beyond 64 bits none is looked into: all that are beyond would be one.
    fn times(&mut self, times: &Int64Array, kind: TimeKind, before: usize) -> (usize, usize) {
        let is_beyond = times.iter().flatten().any(|time| BEYOND.contains(&time));
        self.held = match std::mem::take(&mut self.held) {
            Held::Other => Held::Other,
            _ if is_beyond => Held::Other,
            held => {
                let (mut micros, mut exact) = match held {
                    Held::Times { micros, exact, .. } => (micros, exact),
                    _ => (vec![f64::NAN; before], Exact::default()),
                };
                exact.add(before, Kept::integers(times));
                micros.extend(times.iter().map(|time| time.map_or(f64::NAN, |time| time as f64)));
                Held::Times { micros, kind, exact }
            }
        };
        (times.len(), times.null_count())
    }

    fn flags(&mut self, flags: &BooleanArray, before: usize) -> (usize, usize) {
        let mut codes = match std::mem::take(&mut self.held) {
            Held::Flags { codes } => codes,
            _ => vec![MISSING; before],
        };
        codes.extend(flags.iter().map(|flag| flag.map_or(MISSING, u32::from)));
        self.held = Held::Flags { codes };
        (flags.len(), flags.null_count())
    }

    fn texts(&mut self, texts: &ArrayRef, before: usize) -> (usize, usize) {
        let mut held = self.take_texts(before);
        held.codes.reserve(texts.len());
        for text in texts_of(texts.as_ref()) {
            let code = text.map_or(MISSING, |text| held.code_of(text));
            held.codes.push(code);
        }
        self.held = Held::Texts(held);
        (texts.len(), texts.null_count())
    }

    fn coded(&mut self, places: &Int32Array, texts: ArrayRef, before: usize) -> (usize, usize) {
        let mut held = self.take_texts(before);
        let own: Vec<u32> = match self.last.take() {
            Some((last, own)) if is_same(&last, &texts) => own,
            _ => texts_of(texts.as_ref()).map(|text| text.map_or(MISSING, |text| held.code_of(text))).collect(),
        };
        let from = held.codes.len();
        let code = |place: Option<i32>| place.and_then(|place| own.get(usize::try_from(place).ok()?).copied());
        held.codes.extend(places.iter().map(|place| code(place).unwrap_or(MISSING)));
        let nulls = held.codes.iter().skip(from).filter(|code| **code == MISSING).count();
        self.held = Held::Texts(held);
        self.last = Some((texts, own));
        (places.len(), nulls)
    }

    fn take_texts(&mut self, before: usize) -> Texts {
        match std::mem::take(&mut self.held) {
            Held::Texts(texts) => texts,
            _ => Texts::after(before),
        }
    }

    /// The codes of the values, and the values that occur, by code.
    fn into_codes(self) -> (Vec<u32>, Vec<Option<Value>>) {
        let (codes, names) = match self.held {
            Held::Numbers { values, exact, .. } => codes_of_numbers(&values, &exact),
            Held::Times { micros, kind, exact } => codes_of_times(&micros, kind, &exact),
            Held::Flags { codes } => (codes, vec![Value::Flag(false), Value::Flag(true)]),
            Held::Texts(texts) => texts.into_codes(),
            Held::Nothing | Held::Other => (vec![MISSING; usize::try_from(self.rows).unwrap_or(0)], Vec::new()),
        };
        let mut occurs = vec![false; names.len()];
        for &code in &codes {
            if let Some(occurs) = occurs.get_mut(code as usize) {
                *occurs = true;
            }
        }
        (codes, names.into_iter().zip(occurs).map(|(name, occurs)| occurs.then_some(name)).collect())
    }
}

fn decimal(unscaled: i128, scale: u8) -> f64 {
    // Both are exact for up to 15 digits, so one division rounds once.
    unscaled as f64 / POWERS.get(usize::from(scale)).copied().unwrap_or(f64::INFINITY)
}

const POWERS: [f64; 39] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38,
];

/// Returns numbers as codes, and the values that those stand for, ascending.
pub(super) fn codes_of_numbers(values: &[f64], exact: &Exact) -> (Vec<u32>, Vec<Value>) {
    exact.codes(values, Value::real, Value::decimal)
}

/// Returns times of one kind as codes, and the values that those stand for, ascending.
pub(super) fn codes_of_times(micros: &[f64], kind: TimeKind, exact: &Exact) -> (Vec<u32>, Vec<Value>) {
    let time = |micros: i64| Value::Time { micros, kind };
    exact.codes(micros, |micros| time(micros as i64), |micros, _| time(micros as i64))
}

/// Returns numbers as places among the different ones, which ascend, and those; NaN is missing.
pub(super) fn codes_of(values: &[f64], name: impl Fn(f64) -> Value) -> (Vec<u32>, Vec<Value>) {
    // −0 is 0.
    let mut different: Vec<f64> = values.iter().filter(|value| !value.is_nan()).map(|value| value + 0.0).collect();
    different.sort_unstable_by(f64::total_cmp);
    different.dedup();
    let place = |value: f64| different.binary_search_by(|other| other.total_cmp(&value)).ok();
    let code = |&value: &f64| place(value + 0.0).and_then(|place| u32::try_from(place).ok()).unwrap_or(MISSING);
    (values.iter().map(code).collect(), different.iter().map(|&value| name(value)).collect())
}

/// Returns the column of parts in the order of their rows.
pub(super) fn join(parts: Vec<Part>) -> Cells {
    let rows = parts.iter().map(|part| part.rows).sum();
    let nulls = parts.iter().map(|part| part.nulls).sum();
    if rows == nulls {
        return Cells::Nothing { rows };
    }
    let has = |is: fn(&Held) -> bool| parts.iter().any(|part| part.nulls < part.rows && is(&part.held));
    let others = has(|held| matches!(held, Held::Other));
    let numbers = has(|held| matches!(held, Held::Numbers { .. }));
    let times = has(|held| matches!(held, Held::Times { .. }));
    let categories = has(|held| matches!(held, Held::Flags { .. } | Held::Texts(_)));
    match (others, numbers, times, categories) {
        (true, ..) => Cells::Other { rows, nulls },
        (_, true, false, false) => join_numbers(parts, nulls),
        (_, false, true, false) => join_times(parts, nulls),
        _ => join_categories(parts, nulls),
    }
}

fn join_numbers(parts: Vec<Part>, nulls: u64) -> Cells {
    let (mut all, mut all_integers, mut all_exact) = (Vec::new(), true, Exact::default());
    for part in parts {
        match part.held {
            Held::Numbers { values, integers, exact } => {
                all_integers &= integers;
                all_exact.append(all.len(), exact);
                append(&mut all, values);
            }
            _ => append(&mut all, vec![f64::NAN; usize::try_from(part.rows).unwrap_or(0)]),
        }
    }
    Cells::Numbers { values: all, nulls, integers: all_integers, exact: all_exact }
}

fn join_times(parts: Vec<Part>, nulls: u64) -> Cells {
    let (mut all, mut last, mut all_exact) = (Vec::new(), TimeKind::Date, Exact::default());
    for part in parts {
        match part.held {
            Held::Times { micros, kind, exact } => {
                last = last.max(kind);
                all_exact.append(all.len(), exact);
                append(&mut all, micros);
            }
            _ => append(&mut all, vec![f64::NAN; usize::try_from(part.rows).unwrap_or(0)]),
        }
    }
    Cells::Times { micros: all, nulls, kind: last, exact: all_exact }
}

fn join_categories(parts: Vec<Part>, nulls: u64) -> Cells {
    let parts: Vec<(Vec<u32>, Vec<Option<Value>>)> = parts.into_iter().map(Part::into_codes).collect();
    let mut names: Vec<Value> = parts.iter().flat_map(|(_, names)| names.iter().flatten().cloned()).collect();
    names.sort_unstable();
    names.dedup();
    let mut all = Vec::new();
    for (mut codes, own) in parts {
        let place =
            |name: &Option<Value>| names.binary_search(name.as_ref()?).ok().and_then(|at| u32::try_from(at).ok());
        let new: Vec<u32> = own.iter().map(|name| place(name).unwrap_or(MISSING)).collect();
        for code in &mut codes {
            *code = new.get(*code as usize).copied().unwrap_or(MISSING);
        }
        append(&mut all, codes);
    }
    Cells::Categories { codes: all, names, nulls }
}

/// The first part is not copied.
fn append<T>(all: &mut Vec<T>, mut part: Vec<T>) {
    if all.is_empty() { *all = part } else { all.append(&mut part) }
}
