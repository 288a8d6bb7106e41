use super::{Asked, Task};
use crate::error::wrong;
use crate::{Cells, Column, Data, Run, StatsError, bins, read_columns};

/// The columns that quality is computed of, all with as many rows.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// What was true: numbers, flags or texts; for a ranking, how relevant each item is, 0 or above.
    pub truth: Column,
    /// What was predicted, in the values of the truth. Not for rankings.
    pub prediction: Option<Column>,
    /// Binary: the probability (or any score) of the positive class, in one column, or a column for each class. Multiclass: a column
    /// for each class, **named by it**. Ranking: the score that orders items. Regression: none.
    pub scores: Vec<Column>,
    /// Ranking: which rows are of one query. Without it all are.
    pub query: Option<Column>,
    /// How much each row counts; without it, 1.
    pub weights: Option<Column>,
    /// Columns whose values part the rows: the metrics of each part are reported beside those of all.
    pub slices: Vec<Column>,
}

impl Inputs {
    /// Returns inputs of a truth alone; set the other fields.
    pub fn of(truth: Column) -> Self {
        Self { truth, prediction: None, scores: Vec::new(), query: None, weights: None, slices: Vec::new() }
    }

    /// Each column by the name of its argument.
    fn columns(&self) -> Vec<(&'static str, &Column)> {
        let mut columns = vec![("truth", &self.truth)];
        for (name, column) in [("prediction", &self.prediction), ("query", &self.query), ("weights", &self.weights)] {
            columns.extend(column.as_ref().map(|column| (name, column)));
        }
        columns.extend(self.scores.iter().map(|column| ("score", column)));
        columns.extend(self.slices.iter().map(|column| ("slices", column)));
        columns
    }

    /// The columns whose numbers are needed.
    pub(super) fn of_numbers<'a>(&'a self, asked: &'a Asked) -> impl Iterator<Item = &'a Column> {
        let of_truth = matches!(asked.task, Task::Regression | Task::Ranking).then_some(&self.truth);
        let of_prediction = self.prediction.as_ref().filter(|_| asked.task == Task::Regression);
        let is_cut = |column: &&Column| bins::thresholds(&asked.slice_bins, &column.name).is_some();
        let cut = self.slices.iter().filter(is_cut);
        of_truth.into_iter().chain(of_prediction).chain(&self.scores).chain(&self.weights).chain(cut)
    }

    pub(super) fn check(&self, task: &Task) -> Result<(), StatsError> {
        let rows = self.truth.rows();
        for (name, column) in self.columns() {
            if column.rows() != rows {
                return Err(wrong(name, format!("{} long", column.rows()), format!("{rows} rows, as the truth has")));
            }
        }
        for (place, slice) in self.slices.iter().enumerate() {
            if self.slices.iter().take(place).any(|other| other.name == slice.name) {
                return Err(wrong("slices", format!("`{}` twice", slice.name), "each column once"));
            }
        }
        let none = |name: &str, given: bool| match given {
            true => Err(wrong(name, "given", format!("none, for the task is `{}`", task.name()))),
            false => Ok(()),
        };
        let missing = |name: &str, what: &str| wrong(name, "missing", what);
        let is_ranking = *task == Task::Ranking;
        none("query", !is_ranking && self.query.is_some())?;
        none("prediction", is_ranking && self.prediction.is_some())?;
        none("score", *task == Task::Regression && !self.scores.is_empty())?;
        match task {
            Task::Regression if self.prediction.is_none() => Err(missing("prediction", "a column of numbers")),
            Task::Ranking if self.scores.len() != 1 => {
                Err(wrong("score", format!("{} columns", self.scores.len()), "one column, which orders the items"))
            }
            Task::Binary { .. } | Task::Multiclass if self.prediction.is_none() && self.scores.is_empty() => {
                Err(missing("prediction", "a column of predictions, or scores"))
            }
            Task::Multiclass if self.scores.len() == 1 => {
                Err(wrong("score", "one column", "a column for each class, named by it"))
            }
            _ => Ok(()),
        }
    }
}

/// Returns a column as numbers, NaN where there is none; `name` is that of its argument.
pub(super) fn numbers(name: &str, column: &Column) -> Result<Vec<f64>, StatsError> {
    match (&column.cells, column.to_numbers()) {
        (Cells::Nothing { .. }, _) => Ok(vec![f64::NAN; column.rows() as usize]),
        (_, Some(numbers)) => Ok(numbers),
        (cells, None) => {
            Err(wrong(name, format!("`{}`, a column of {}", column.name, kind(cells)), "a column of numbers"))
        }
    }
}

/// What a column holds, for errors.
pub(super) fn kind(cells: &Cells) -> &'static str {
    match cells {
        Cells::Numbers { .. } => "numbers",
        Cells::Times { .. } => "times",
        Cells::Categories { .. } => "texts or flags",
        Cells::Other { .. } => "lists, structures, bytes or times beyond 64 bits",
        Cells::Nothing { .. } => "nulls",
    }
}

/// A column of scores, and the class that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreName {
    /// The column's name in the table.
    pub column: String,
    /// The class, as text; `None`: the column is named by it, or there is one column only.
    pub class: Option<String>,
}

/// Which columns of a table are what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// See [`Inputs::truth`], and so on.
    pub truth: String,
    pub prediction: Option<String>,
    pub scores: Vec<ScoreName>,
    pub query: Option<String>,
    pub weights: Option<String>,
    pub slices: Vec<String>,
}

/// Reads the columns of a table that quality is computed of, each once.
///
/// - **Errors, memory**: as [`read_columns`].
pub fn read_inputs(data: &Data, names: &Names, run: &Run<'_>) -> Result<Inputs, StatsError> {
    let single = [
        ("truth", Some(&names.truth)),
        ("prediction", names.prediction.as_ref()),
        ("query", names.query.as_ref()),
        ("weights", names.weights.as_ref()),
    ];
    let single = single.into_iter().filter_map(|(argument, name)| Some((argument, name?.as_str())));
    let scores = names.scores.iter().map(|score| ("score", score.column.as_str()));
    let all: Vec<(&str, &str)> =
        single.chain(scores).chain(names.slices.iter().map(|name| ("slices", name.as_str()))).collect();
    data.check_columns(all.iter().copied())?;
    let mut wanted: Vec<&str> = Vec::new();
    for (_, name) in all {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let columns = read_columns(data, &wanted, run)?;
    let get = |name: &String| {
        let place = wanted.iter().position(|wanted| wanted == name);
        place.and_then(|place| columns.get(place)).cloned().ok_or_else(|| wrong(name, "not read", "a column"))
    };
    let optional = |name: &Option<String>| name.as_ref().map(get).transpose();
    let score = |score: &ScoreName| {
        let column = get(&score.column)?;
        Ok(Column { name: score.class.clone().unwrap_or(column.name), cells: column.cells })
    };
    Ok(Inputs {
        truth: get(&names.truth)?,
        prediction: optional(&names.prediction)?,
        scores: names.scores.iter().map(score).collect::<Result<_, StatsError>>()?,
        query: optional(&names.query)?,
        weights: optional(&names.weights)?,
        slices: names.slices.iter().map(get).collect::<Result<_, _>>()?,
    })
}
