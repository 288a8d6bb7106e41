//! Rows by where they stand: those with the same features are one point.

/// Places in the space of the features, each once, and how many rows stand there. The order of rows changes nothing.
#[derive(Clone, Debug)]
pub(super) struct Points {
    pub dimensions: usize,
    /// Coordinates point by point, ascending.
    pub coordinates: Vec<f64>,
    /// Rows at each point.
    pub counts: Vec<Count>,
}

/// Rows by what the model says of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub negative: u64,
    pub positive: u64,
}

impl Count {
    /// Returns how many rows there are.
    pub fn rows(self) -> u64 {
        self.negative + self.positive
    }

    /// Takes other rows too.
    pub fn add(&mut self, other: Self) {
        self.negative += other.negative;
        self.positive += other.positive;
    }
}

impl Points {
    /// Takes the rows `among` of the table of `columns`, none of whose numbers is NaN.
    pub fn new(columns: &[&[f64]], positive: &[u32], among: &[u32]) -> Self {
        let dimensions = columns.len();
        // Row by row, so that a comparison looks at one place of the memory.
        let mut rows = Vec::with_capacity(among.len() * dimensions);
        for &row in among {
            // One zero, not two: they are the same place.
            rows.extend(columns.iter().map(|column| column[row as usize] + 0.0));
        }
        let place = |row: usize| &rows[row * dimensions..(row + 1) * dimensions];
        let compare = |a: usize, b: usize| {
            let different = place(a).iter().zip(place(b)).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
            different.unwrap_or(std::cmp::Ordering::Equal)
        };
        let mut order: Vec<usize> = (0..among.len()).collect();
        order.sort_unstable_by(|&a, &b| compare(a, b));
        let (mut coordinates, mut counts) = (Vec::new(), Vec::new());
        for same in order.chunk_by(|&a, &b| compare(a, b).is_eq()) {
            coordinates.extend(same.first().map_or(&[][..], |&row| place(row)));
            let hits = same.iter().filter(|&&row| positive[among[row] as usize] == 1).count() as u64;
            counts.push(Count { negative: same.len() as u64 - hits, positive: hits });
        }
        Self { dimensions, coordinates, counts }
    }

    /// Returns how many points there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Returns the coordinates of a point, a place below [`Self::len`].
    pub fn at(&self, point: usize) -> &[f64] {
        &self.coordinates[point * self.dimensions..(point + 1) * self.dimensions]
    }

    /// Returns these points in another order, which names each once.
    pub fn ordered(&self, order: &[usize]) -> Self {
        let coordinates = order.iter().flat_map(|&point| self.at(point).iter().copied()).collect();
        let counts = order.iter().map(|&point| self.counts[point]).collect();
        Self { dimensions: self.dimensions, coordinates, counts }
    }
}
