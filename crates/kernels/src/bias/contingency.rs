//! The one table that every bias metric but the flip test is a function of.
use super::codes::{MISSING, check_codes, check_length};
use crate::{Computed, KernelError, Reason};

/// The most cells a table may have: 32 MiB of counts.
pub const MAX_CELLS: u64 = 1 << 22;

/// How many values each column of a table has: codes run from 0 to one less. 0 stands for a column that is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    /// Values of the grouping variable (the strata of CDDL and CDDPL).
    pub groups: u32,
    /// Values of the protected column.
    pub facets: u32,
    /// Values of the observed label.
    pub labels: u32,
    /// Values of the prediction.
    pub predictions: u32,
}

impl Axes {
    fn sizes(self) -> [u32; 4] {
        [self.facets, self.groups, self.labels, self.predictions]
    }

    /// One place more on each axis than it has values: the last is for missing ones.
    fn cells(self) -> u64 {
        self.sizes().iter().map(|&size| u64::from(size) + 1).fold(1, u64::saturating_mul)
    }
}

/// The columns of some rows, as codes; [`MISSING`] is a missing value, `None` a column that is missing in every row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    /// The grouping variable.
    pub group: Option<&'a [u32]>,
    /// The protected column.
    pub facet: &'a [u32],
    /// The observed label.
    pub label: Option<&'a [u32]>,
    /// The prediction.
    pub prediction: Option<&'a [u32]>,
}

impl<'a> Columns<'a> {
    fn slices(self) -> [Option<&'a [u32]>; 4] {
        [Some(self.facet), self.group, self.label, self.prediction]
    }
}

/// What the columns are called, in the order of their places.
const NAMES: [&str; 4] = ["facet", "group", "label", "prediction"];

/// How many rows have each combination of group, facet value, label and prediction, missing ones included. Mergeable.
///
/// - **Numerics**: counts, so any order and split of the rows gives equal tables. One pass, memory of the cells alone.
/// ```
/// # use kernels::bias::{Axes, Columns, Contingency, MISSING};
/// let axes = Axes { groups: 0, facets: 2, labels: 2, predictions: 0 };
/// let mut table = Contingency::new(axes).unwrap();
/// table.add(&Columns { facet: &[0, 1, 1], label: Some(&[1, 0, MISSING]), ..Columns::default() }).unwrap();
/// assert_eq!((table.rows(), table.facet_rows(1)), (3, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contingency {
    /// As asked for.
    asked: Axes,
    /// As counted: without groups if there would be too many cells.
    axes: Axes,
    /// By facet, group, label and prediction: the cells of one facet value lie together.
    counts: Vec<u64>,
}

impl Contingency {
    /// Returns an empty table.
    ///
    /// With more than [`MAX_CELLS`] cells the grouping variable is not counted: CDDL and CDDPL will say so, and all else is
    /// there.
    /// - **Errors**: [`Reason::Empty`] if the protected column has no values; [`Reason::Undefined`] beyond [`MAX_CELLS`]
    ///   without groups too: pool rare values first, with [`super::keep_frequent`].
    pub fn new(asked: Axes) -> Computed<Self> {
        if asked.facets == 0 {
            return Err(Reason::Empty("the protected column".into()));
        }
        let axes = if asked.cells() > MAX_CELLS { Axes { groups: 0, ..asked } } else { asked };
        if axes.cells() > MAX_CELLS {
            return Err(too_many(axes));
        }
        Ok(Self { asked, axes, counts: vec![0; axes.cells() as usize] })
    }

    /// Counts rows: all of them, or none if it fails.
    ///
    /// - **Shapes**: each column `[n]`.
    /// - **Errors**: [`KernelError::Argument`] for lengths that differ, or a code that its axis does not have.
    pub fn add(&mut self, columns: &Columns<'_>) -> Result<(), KernelError> {
        let rows = columns.facet.len();
        for ((name, column), size) in NAMES.into_iter().zip(columns.slices()).zip(self.asked.sizes()) {
            check_length(name, column.map_or(rows, <[u32]>::len), rows)?;
            check_codes(name, column.unwrap_or(&[]), size)?;
        }
        let mut columns = *columns;
        if self.axes != self.asked {
            columns.group = None;
        }
        let sizes = self.axes.sizes();
        // Block by block and column by column: short loops without branches, and the places stay in the cache.
        let mut places = [0u32; 1024];
        for start in (0..rows).step_by(places.len()) {
            let end = rows.min(start + places.len());
            let places = &mut places[..end - start];
            places.fill(0);
            for (column, size) in columns.slices().into_iter().zip(sizes) {
                match column {
                    Some(column) => {
                        for (place, &code) in places.iter_mut().zip(&column[start..end]) {
                            *place = *place * (size + 1) + code.min(size);
                        }
                    }
                    None => places.iter_mut().for_each(|place| *place = *place * (size + 1) + size),
                }
            }
            for &place in &*places {
                self.counts[place as usize] += 1;
            }
        }
        Ok(())
    }

    /// Counts the rows of another table too; [`KernelError::Argument`] if its axes differ.
    ///
    /// Equal codes must mean equal values in both.
    pub fn merge(&mut self, other: &Self) -> Result<(), KernelError> {
        if self.asked != other.asked {
            let found = format!("a table of {:?}, beside {:?}", other.asked, self.asked);
            return Err(KernelError::Argument { name: "other", found, expected: "tables of the same axes" });
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        Ok(())
    }

    /// Returns how many values each column has, as counted.
    pub fn axes(&self) -> Axes {
        self.axes
    }

    /// Why the grouping variable is not counted, if it is not.
    pub(super) fn uncounted_groups(&self) -> Option<Reason> {
        (self.axes != self.asked).then(|| too_many(self.asked))
    }

    /// Returns how many rows were counted.
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns how many rows have a facet value, or [`MISSING`]; 0 for a code that the axis does not have.
    pub fn facet_rows(&self, facet: u32) -> u64 {
        self.facet_cells(facet).iter().sum()
    }

    /// The cells of one facet value or of [`MISSING`], by group, label and prediction; none for another code.
    pub(super) fn facet_cells(&self, facet: u32) -> &[u64] {
        let place = if facet == MISSING { self.axes.facets as usize } else { facet as usize };
        let cells = self.counts.len() / (self.axes.facets as usize + 1);
        self.counts
            .chunks_exact(cells)
            .nth(place)
            .filter(|_| facet == MISSING || facet < self.axes.facets)
            .unwrap_or(&[])
    }
}

fn too_many(axes: Axes) -> Reason {
    let cells = axes.cells();
    Reason::Undefined(format!("the columns have {cells} combinations of values, and {MAX_CELLS} are the most"))
}
