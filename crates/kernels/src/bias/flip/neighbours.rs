//! The nearest rows of a table, exactly.
use super::points::{Count, Points};

/// Points of a leaf: few enough that looking at each is cheaper than another box.
const LEAF: usize = 16;

/// Coordinates between two looks at whether a point is too far already.
const STRIDE: usize = 8;

/// Points that are searched for the nearest rows to another one, by squared Euclidean distance: a k-d tree with boxes.
///
/// Rows at the same place are one point, so columns of few values cost no more than their combinations. Rows that are as far
/// as the last of the nearest are all found.
#[derive(Clone, Debug)]
pub(super) struct Neighbours {
    nearest: u64,
    /// In the order of the leaves.
    points: Points,
    nodes: Vec<Node>,
    /// Least and largest coordinate of each node, dimension by dimension.
    boxes: Vec<[f64; 2]>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    first: usize,
    end: usize,
    /// The two halves, or none for a leaf.
    halves: Option<[usize; 2]>,
}

/// The rows at one distance.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ring {
    distance: f64,
    rows: Count,
}

/// What the nearest rows say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Vote {
    /// Most of them are positive.
    pub is_positive: bool,
    /// It would be another one if other rows were taken of those that are equally far.
    pub is_tied: bool,
}

/// What a search has found: the nearest rows, and with the last of them all that are as far. Made once, used for many.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    rings: Vec<Ring>,
    /// How far a row may be to be found.
    reach: f64,
    /// Coordinates of points and boxes that were looked at, in all searches.
    pub looked_at: u64,
}

impl Neighbours {
    /// Prepares the search for the `nearest` rows, at least 1.
    pub fn new(points: &Points, nearest: u64) -> Self {
        let mut order: Vec<usize> = (0..points.len()).collect();
        let mut tree = Self { nearest, points: points.ordered(&[]), nodes: Vec::new(), boxes: Vec::new() };
        if !order.is_empty() {
            tree.split(&mut order, 0, points);
        }
        tree.points = points.ordered(&order);
        tree
    }

    /// Makes the node of these points, the first of which stands at `first`, and those below it; returns its place.
    fn split(&mut self, order: &mut [usize], first: usize, points: &Points) -> usize {
        let node = self.nodes.len();
        self.nodes.push(Node { first, end: first + order.len(), halves: None });
        let start = self.boxes.len();
        self.boxes.resize(start + points.dimensions, [f64::INFINITY, f64::NEG_INFINITY]);
        let ends = &mut self.boxes[start..];
        for &point in &*order {
            for ([low, high], &here) in ends.iter_mut().zip(points.at(point)) {
                (*low, *high) = (low.min(here), high.max(here));
            }
        }
        if order.len() > LEAF {
            let mut widest = (0, f64::NEG_INFINITY);
            for (dimension, [low, high]) in ends.iter().enumerate() {
                if high - low > widest.1 {
                    widest = (dimension, high - low);
                }
            }
            let middle = order.len() / 2;
            let place = |point: usize| points.at(point)[widest.0];
            order.select_nth_unstable_by(middle, |&a, &b| place(a).total_cmp(&place(b)).then(a.cmp(&b)));
            let (low, high) = order.split_at_mut(middle);
            let halves = [self.split(low, first, points), self.split(high, first + middle, points)];
            self.nodes[node].halves = Some(halves);
        }
        node
    }

    /// Returns whether most of the nearest rows to a point are positive; rows that are as far as the last of them share the
    /// votes that are left. Half of the votes is not most of them. Without rows it is a "no".
    pub fn vote(&self, point: &[f64], found: &mut Found) -> Vote {
        self.search(point, found);
        let Some((last, nearer)) = found.rings.split_last() else { return Vote::default() };
        let mut before = Count::default();
        for ring in nearer {
            before.add(ring.rows);
        }
        let left = self.nearest.min(before.rows() + last.rows.rows()) - before.rows();
        // positive of `before` + left · share of the last ring, against one half of the votes; whole numbers, so exact.
        let votes = u128::from(before.rows() + left) * u128::from(last.rows.rows());
        let positive = u128::from(before.positive) * u128::from(last.rows.rows())
            + u128::from(left) * u128::from(last.rows.positive);
        let sure = |from_ring: u64| 2 * (before.positive + from_ring) > before.rows() + left;
        let (least, most) = (left - left.min(last.rows.negative), left.min(last.rows.positive));
        Vote { is_positive: 2 * positive > votes, is_tied: sure(least) != sure(most) }
    }

    fn search(&self, point: &[f64], found: &mut Found) {
        found.rings.clear();
        found.reach = f64::INFINITY;
        if !self.nodes.is_empty() {
            self.search_node(0, self.distance_to_box(0, point), point, found);
        }
    }

    fn search_node(&self, node: usize, distance: f64, point: &[f64], found: &mut Found) {
        // A box as far as the last row may hold others as far.
        if distance > found.reach {
            return;
        }
        let Node { first, end, halves } = self.nodes[node];
        if let Some(halves) = halves {
            found.looked_at += 2 * point.len() as u64;
            let [low, high] = halves.map(|half| (self.distance_to_box(half, point), half));
            let (near, far) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            self.search_node(near.1, near.0, point, found);
            self.search_node(far.1, far.0, point, found);
            return;
        }
        for here in first..end {
            let mut distance = 0.0;
            for (a, b) in self.points.at(here).chunks(STRIDE).zip(point.chunks(STRIDE)) {
                for (a, b) in a.iter().zip(b) {
                    distance += (a - b) * (a - b);
                }
                found.looked_at += a.len() as u64;
                if distance > found.reach {
                    break;
                }
            }
            if distance <= found.reach {
                self.keep(Ring { distance, rows: self.points.counts[here] }, found);
            }
        }
    }

    fn keep(&self, new: Ring, found: &mut Found) {
        let place = found.rings.partition_point(|ring| ring.distance < new.distance);
        match found.rings.get_mut(place) {
            Some(ring) if ring.distance == new.distance => ring.rows.add(new.rows),
            _ => found.rings.insert(place, new),
        }
        let mut before = 0;
        let enough = found.rings.iter().position(|ring| {
            before += ring.rows.rows();
            before >= self.nearest
        });
        if let Some(place) = enough {
            found.rings.truncate(place + 1);
            found.reach = found.rings.last().map_or(f64::INFINITY, |ring| ring.distance);
        }
    }

    /// The squared distance to the nearest place of a box. Each term rounds as that of a point in the box does, so this is
    /// never more than that point's distance.
    fn distance_to_box(&self, node: usize, point: &[f64]) -> f64 {
        let ends = &self.boxes[node * point.len()..(node + 1) * point.len()];
        let gaps = ends.iter().zip(point).map(|(&[low, high], &here)| {
            if here < low {
                low - here
            } else if here > high {
                here - high
            } else {
                0.0
            }
        });
        gaps.map(|gap| gap * gap).sum()
    }
}
