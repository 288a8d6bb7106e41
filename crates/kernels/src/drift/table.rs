/// Counts of two sides over the same cells, each cell filled on at least one side.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
}

/// A table, borrowed: the observed one, or one with permuted labels.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub reference: &'a [u64],
    pub current: &'a [u64],
    /// Where each cell lies, for distances.
    pub positions: &'a [f64],
    /// Rows of the reference.
    pub n: f64,
    /// Rows of the current side.
    pub m: f64,
}

impl Table {
    /// Takes over the cells that are filled on some side.
    pub fn of(reference: &[u64], current: &[u64]) -> Self {
        let filled = || reference.iter().zip(current).filter(|&(&r, &c)| r > 0 || c > 0);
        Self { reference: filled().map(|(&r, _)| r).collect(), current: filled().map(|(_, &c)| c).collect() }
    }

    /// Returns the counts, borrowed, with the rows of each side.
    pub fn view(&self) -> View<'_> {
        View {
            reference: &self.reference,
            current: &self.current,
            positions: &[],
            n: self.reference.iter().sum::<u64>() as f64,
            m: self.current.iter().sum::<u64>() as f64,
        }
    }
}

impl View<'_> {
    /// Returns the number of cells.
    pub fn cells(&self) -> usize {
        self.reference.len()
    }

    /// Counts of both sides, cell by cell.
    pub fn counts(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.reference.iter().zip(self.current).map(|(&r, &c)| (r as f64, c as f64))
    }

    /// Shares of both sides, cell by cell.
    pub fn shares(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.counts().map(|(r, c)| (r / self.n, c / self.m))
    }

    /// Shares that are nowhere 0: if a cell is empty on one side, ½ is added to each cell of both.
    pub fn smoothed(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let empty = self.reference.iter().chain(self.current).any(|&count| count == 0);
        let more = if empty { 0.5 } else { 0.0 };
        let spread = more * self.cells() as f64;
        self.counts().map(move |(r, c)| ((r + more) / (self.n + spread), (c + more) / (self.m + spread)))
    }

    /// `1/n + 1/m`.
    pub fn noise(&self) -> f64 {
        1.0 / self.n + 1.0 / self.m
    }

    /// How many rows the emptiest cell of the two-way table expects where nothing drifted.
    pub fn least_expected(&self) -> f64 {
        let least = self.counts().map(|(r, c)| r + c).fold(f64::INFINITY, f64::min);
        least * self.n.min(self.m) / (self.n + self.m)
    }
}
