/// Lets through what may be frequent, so that a column of values that are all different costs no table.
///
/// A value passes from its fourth occurrence in a chunk of [`super::CHUNK`] on, or earlier if others share its place; so of each
/// value at most three a chunk are left out.
pub(super) struct Filter {
    met: Box<[u16; PLACES]>,
    left: usize,
    error: u64,
}

const PLACES: usize = 4_096;
const FIRST_TO_PASS: u16 = 4;

impl Filter {
    pub(super) fn new() -> Self {
        Self { met: Box::new([0; PLACES]), left: 0, error: 0 }
    }

    #[inline]
    pub(super) fn passes(&mut self, hash: u64) -> bool {
        if self.left == 0 {
            self.begin_chunk();
        }
        self.left -= 1;
        let met = &mut self.met[hash as usize & (PLACES - 1)];
        *met += 1;
        *met >= FIRST_TO_PASS
    }

    /// As [`Filter::passes`] for a chunk of its own: calls `pass` with the place of each that passes.
    pub(super) fn pass_chunk(&mut self, hashes: &[u64], mut pass: impl FnMut(usize)) {
        self.begin_chunk();
        self.left = 0;
        for (at, &hash) in hashes.iter().enumerate() {
            let met = &mut self.met[hash as usize & (PLACES - 1)];
            *met += 1;
            if *met >= FIRST_TO_PASS {
                pass(at);
            }
        }
    }

    fn begin_chunk(&mut self) {
        self.met.fill(0);
        self.left = super::CHUNK;
        self.error += u64::from(FIRST_TO_PASS - 1);
    }

    /// By how much a count of what passed may be too low.
    pub(super) fn error(&self) -> u64 {
        self.error
    }
}
