//! Draws of a whole table: how many rows of each cell are on one side, whose rows are fixed.
use super::hypergeometric::{NORMAL_FROM, Stream};

/// Nanoseconds that a word of chance costs, a cell whatever it holds, a row that is moved, and a cell with a law of its own.
const WORD: f64 = 1.5;
const CELL: f64 = 5.0;
const MOVE: f64 = 40.0;
const OWN_LAW: f64 = 900.0;
const NORMAL: f64 = 80.0;
/// Chances of coins are so many halves, halved again: what they are off by is moved.
const BITS: u32 = 16;

/// How the cells of a table are drawn.
///
/// **Light cells**, of few rows, each toss a coin for each of their rows, 64 at a time. That is a set of rows of any size, all sets of
/// one size being equally likely; so rows that are picked from all of them are moved to or from it until it has its size, and it is
/// what a draw without replacement gives. **Heavy cells** are drawn one after the other, given what those before took.
pub(super) struct Cells {
    light: Vec<u32>,
    /// Rows of light cells up to and including each.
    ends: Vec<u64>,
    heavy: Vec<u32>,
    /// The chance of a coin, in `2⁻¹⁶`; at 0 all rows are moved.
    chance: u32,
    /// Nanoseconds that a draw costs.
    pub cost: f64,
}

impl Cells {
    /// Finds out how to draw `drawn` of `total` rows, half of them at most.
    pub fn of(pooled: &[u64], drawn: u64, total: u64) -> Self {
        let share = drawn as f64 / total as f64;
        let is_small = |rows: u64| rows as f64 * share * (1.0 - share) <= NORMAL_FROM * NORMAL_FROM;
        let chance = (share * f64::from(1u32 << BITS)).round() as u32;
        let words = f64::from(BITS.saturating_sub(chance.trailing_zeros()));
        let by_coins = |rows: u64| CELL + rows.div_ceil(64) as f64 * words * WORD;
        let by_moves = |rows: f64| CELL + MOVE * rows * share;
        let moved = |rows: f64| MOVE * (rows * (1.0 - share) / share).sqrt();
        let small = || pooled.iter().copied().filter(|&rows| is_small(rows));
        let rows = small().sum::<u64>() as f64;
        let has_coins = chance > 0 && small().map(by_coins).sum::<f64>() + moved(rows) < by_moves(rows);
        let each = |rows: u64| if has_coins { by_coins(rows) } else { by_moves(rows as f64) };
        let mut found =
            Self { light: vec![], ends: vec![], heavy: vec![], chance: if has_coins { chance } else { 0 }, cost: 0.0 };
        let mut end = 0;
        for (cell, &rows) in pooled.iter().enumerate() {
            if is_small(rows) && each(rows) < OWN_LAW {
                end += rows;
                found.light.push(cell as u32);
                found.ends.push(end);
                found.cost += each(rows);
            } else {
                found.heavy.push(cell as u32);
                found.cost += if is_small(rows) { OWN_LAW } else { NORMAL };
            }
        }
        found.cost += if has_coins { moved(end as f64) } else { 0.0 };
        found
    }

    /// Draws how many of the `drawn` out of `total` rows fall in each cell.
    pub fn draw(&self, stream: &mut Stream, pooled: &[u64], (drawn, total): (u64, u64), into: &mut [u64]) {
        let rows = self.ends.last().copied().unwrap_or(0);
        let of_light = if self.heavy.is_empty() { drawn } else { stream.hypergeometric(rows, drawn, total) };
        self.draw_light(stream, pooled, of_light, into);
        let (mut drawn, mut total) = (drawn - of_light, total - rows);
        for &cell in &self.heavy {
            let taken = stream.hypergeometric(pooled[cell as usize], drawn, total);
            into[cell as usize] = taken;
            drawn -= taken;
            total -= pooled[cell as usize];
        }
    }

    fn draw_light(&self, stream: &mut Stream, pooled: &[u64], wanted: u64, into: &mut [u64]) {
        let mut found = 0;
        for &cell in &self.light {
            let taken = stream.coins(pooled[cell as usize], self.chance);
            into[cell as usize] = taken;
            found += taken;
        }
        let rows = self.ends.last().copied().unwrap_or(0);
        while found != wanted {
            let row = stream.below(rows);
            let place = self.ends.partition_point(|&end| end <= row);
            let cell = self.light[place] as usize;
            // Of a cell's rows, the last are those that are taken.
            let is_taken = self.ends[place] - row <= into[cell];
            if found < wanted && !is_taken {
                into[cell] += 1;
                found += 1;
            } else if found > wanted && is_taken {
                into[cell] -= 1;
                found -= 1;
            }
        }
    }
}

impl Stream {
    /// How many of so many coins show heads, each with probability `chance · 2⁻¹⁶`.
    fn coins(&mut self, mut coins: u64, chance: u32) -> u64 {
        let mut heads = 0;
        while coins > 0 && chance > 0 {
            let mut word = 0;
            // From the last binary place of the chance to the first: each halves what there is, or what there is not.
            for place in chance.trailing_zeros()..BITS {
                let other = self.next();
                word = if chance >> place & 1 == 1 { word | other } else { word & other };
            }
            let tossed = coins.min(64);
            heads += u64::from((word >> (64 - tossed)).count_ones());
            coins -= tossed;
        }
        heads
    }
}
