//! Texts as codes, in the order in which they came.
use kernels::bias::MISSING;
use kernels::hash_bytes;
use kernels::profile::Value;
use std::hash::{BuildHasher, RandomState};

/// Codes of texts, and the text of each code.
#[derive(Debug)]
pub(super) struct Texts {
    pub codes: Vec<u32>,
    names: Vec<Box<[u8]>>,
    /// Open addressing, at most half full: the upper half of a hash, and the code; [`MISSING`] where there is none.
    slots: Vec<(u32, u32)>,
    /// Another one in each process, so that nobody can make texts that all fall on one slot. Codes do not depend on it.
    seed: u64,
}

impl Texts {
    /// Begins after so many missing rows.
    pub fn after(missing: usize) -> Self {
        let seed = RandomState::new().hash_one(0);
        Self { codes: vec![MISSING; missing], names: Vec::new(), slots: vec![(0, MISSING); 64], seed }
    }

    /// Returns the code of a text.
    pub fn code_of(&mut self, text: &[u8]) -> u32 {
        let hash = hash_bytes(self.seed, text);
        let (tag, mask) = ((hash >> 32) as u32, self.slots.len() - 1);
        let mut at = hash as usize & mask;
        while let Some(&(other, code)) = self.slots.get(at).filter(|(_, code)| *code != MISSING) {
            if other == tag && self.names.get(code as usize).is_some_and(|name| **name == *text) {
                return code;
            }
            at = (at + 1) & mask;
        }
        let code = u32::try_from(self.names.len()).unwrap_or(MISSING);
        self.names.push(text.into());
        self.slots[at] = (tag, code);
        if self.names.len() * 2 > self.slots.len() {
            self.grow();
        }
        code
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![(0, MISSING); mask + 1];
        for (code, name) in (0..).zip(&self.names) {
            let hash = hash_bytes(self.seed, name);
            let mut at = hash as usize & mask;
            while slots[at].1 != MISSING {
                at = (at + 1) & mask;
            }
            slots[at] = ((hash >> 32) as u32, code);
        }
        self.slots = slots;
    }

    /// Returns the codes, and the texts by code.
    pub fn into_codes(self) -> (Vec<u32>, Vec<Value>) {
        (self.codes, self.names.into_iter().map(Value::Text).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_as_they_come() {
        let mut texts = Texts::after(2);
        for row in 0..10_000u32 {
            let code = texts.code_of(format!("text {}", row % 777).as_bytes());
            assert_eq!(code, row % 777);
            texts.codes.push(code);
        }
        let (codes, names) = texts.into_codes();
        assert_eq!((codes[0], codes[1], codes[2], codes.len()), (MISSING, MISSING, 0, 10_002));
        assert_eq!((names.len(), names[776].to_string().as_str()), (777, "text 776"));
    }

    #[test]
    fn the_empty_text_is_one() {
        let mut texts = Texts::after(0);
        assert_eq!([b"".as_slice(), b"\0", b""].map(|text| texts.code_of(text)), [0, 1, 0]);
    }
}
