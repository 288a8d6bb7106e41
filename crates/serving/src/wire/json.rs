//! Values of a tensor in JSON: nested or flat, row by row, read straight into one list.
use super::Data;
use crate::signature::Datatype;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// One value as JSON has it, before its tensor's type is known: `data` may stand before `datatype`.
#[derive(Clone, Debug)]
pub(super) enum Leaf {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
}

/// The values of a tensor, flat.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves(pub Vec<Leaf>);

impl<'de> Deserialize<'de> for Leaves {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List(Leaves);
        impl<'de> Visitor<'de> for List {
            type Value = Leaves;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values")
            }
            fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Leaves, A::Error> {
                while seq.next_element_seed(One(&mut self.0.0))?.is_some() {}
                Ok(self.0)
            }
        }
        from.deserialize_seq(List(Self::default()))
    }
}

/// Reads a value, or a list of them, onto the end of the list.
struct One<'a>(&'a mut Vec<Leaf>);

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true, false, or a list of them")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.0.push(Leaf::Bool(value));
        Ok(())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.push(Leaf::Unsigned(value));
        Ok(())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.0.push(Leaf::Signed(value));
        Ok(())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.push(Leaf::Float(value));
        Ok(())
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.0.push(Leaf::Text(value.to_owned()));
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.push(Leaf::Null);
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(One(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

impl Leaf {
    fn shown(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Unsigned(value) => value.to_string(),
            Self::Signed(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(_) => "a text".into(),
        }
    }

    /// Returns the whole number that it is.
    fn whole(&self) -> Option<i128> {
        match self {
            Self::Unsigned(value) => Some(i128::from(*value)),
            Self::Signed(value) => Some(i128::from(*value)),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
            Self::Float(value) if value.fract() == 0.0 && value.abs() < 1e18 => Some(*value as i128),
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match self {
            Self::Unsigned(value) => Some(*value as f64),
            Self::Signed(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    fn single(&self) -> Option<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "what becomes infinite is refused")]
        self.float().map(|value| value as f32).filter(|value| value.is_finite())
    }
}

/// Returns the values as `datatype`. The error says which value does not fit.
pub(super) fn typed(datatype: Datatype, leaves: Leaves) -> Result<Data, String> {
    let leaves = leaves.0;
    fn each<T>(leaves: Vec<Leaf>, datatype: Datatype, read: impl Fn(&Leaf) -> Option<T>) -> Result<Vec<T>, String> {
        let values = leaves.iter().enumerate().map(|(number, leaf)| {
            read(leaf).ok_or_else(|| format!("value {number} is {}, which is no {datatype}", leaf.shown()))
        });
        values.collect()
    }
    fn whole<T: TryFrom<i128>>(leaf: &Leaf) -> Option<T> {
        leaf.whole().and_then(|value| T::try_from(value).ok())
    }
    Ok(match datatype {
        Datatype::Bool => Data::Bool(each(leaves, datatype, |leaf| match leaf {
            Leaf::Bool(value) => Some(*value),
            _ => None,
        })?),
        Datatype::Uint8 => Data::Uint8(each(leaves, datatype, whole)?),
        Datatype::Uint16 => Data::Uint16(each(leaves, datatype, whole)?),
        Datatype::Uint32 => Data::Uint32(each(leaves, datatype, whole)?),
        Datatype::Uint64 => Data::Uint64(each(leaves, datatype, whole)?),
        Datatype::Int8 => Data::Int8(each(leaves, datatype, whole)?),
        Datatype::Int16 => Data::Int16(each(leaves, datatype, whole)?),
        Datatype::Int32 => Data::Int32(each(leaves, datatype, whole)?),
        Datatype::Int64 => Data::Int64(each(leaves, datatype, whole)?),
        Datatype::Fp32 => Data::Fp32(each(leaves, datatype, Leaf::single)?),
        Datatype::Fp64 => Data::Fp64(each(leaves, datatype, Leaf::float)?),
        Datatype::Bytes => Data::Bytes(each(leaves, datatype, |leaf| match leaf {
            Leaf::Text(text) => Some(text.clone().into_bytes()),
            _ => None,
        })?),
    })
}
