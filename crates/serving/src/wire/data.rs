use crate::signature::Datatype;

/// The values of a tensor, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Bool(Vec<bool>),
    Uint8(Vec<u8>),
    Uint16(Vec<u16>),
    Uint32(Vec<u32>),
    Uint64(Vec<u64>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Fp32(Vec<f32>),
    Fp64(Vec<f64>),
    Bytes(Vec<Vec<u8>>),
}

/// Does the same with the values of every type but texts.
macro_rules! each_number {
    ($data:expr, $values:ident => $work:expr, $texts:ident => $other:expr) => {
        match $data {
            $crate::wire::Data::Bool($values) => $work,
            $crate::wire::Data::Uint8($values) => $work,
            $crate::wire::Data::Uint16($values) => $work,
            $crate::wire::Data::Uint32($values) => $work,
            $crate::wire::Data::Uint64($values) => $work,
            $crate::wire::Data::Int8($values) => $work,
            $crate::wire::Data::Int16($values) => $work,
            $crate::wire::Data::Int32($values) => $work,
            $crate::wire::Data::Int64($values) => $work,
            $crate::wire::Data::Fp32($values) => $work,
            $crate::wire::Data::Fp64($values) => $work,
            $crate::wire::Data::Bytes($texts) => $other,
        }
    };
}
pub(crate) use each_number;

impl Data {
    /// Returns the type of the values.
    pub fn datatype(&self) -> Datatype {
        match self {
            Self::Bool(_) => Datatype::Bool,
            Self::Uint8(_) => Datatype::Uint8,
            Self::Uint16(_) => Datatype::Uint16,
            Self::Uint32(_) => Datatype::Uint32,
            Self::Uint64(_) => Datatype::Uint64,
            Self::Int8(_) => Datatype::Int8,
            Self::Int16(_) => Datatype::Int16,
            Self::Int32(_) => Datatype::Int32,
            Self::Int64(_) => Datatype::Int64,
            Self::Fp32(_) => Datatype::Fp32,
            Self::Fp64(_) => Datatype::Fp64,
            Self::Bytes(_) => Datatype::Bytes,
        }
    }

    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        each_number!(self, values => values.len(), texts => texts.len())
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl serde::Serialize for Data {
    /// As a flat list. What is no text is written with a mark in place of each byte that is none.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        each_number!(self, values => values.serialize(to), texts => to.collect_seq(
            texts.iter().map(|text| String::from_utf8_lossy(text))
        ))
    }
}
