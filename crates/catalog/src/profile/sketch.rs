use crate::sensitivity::Hits;
use kernels::profile::{ColumnProfile, Profile, ProfileError, Summary};
use serde::{Deserialize, Serialize};

/// What is known of one column of one file, or of the files of a table, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ColumnSketch {
    /// Of this column alone; a file is a partition.
    profile: Profile,
    hits: Hits,
}

/// What the column is called in its own profile: files agree on names by their schemas.
const COLUMN: &str = "";

impl ColumnSketch {
    /// Returns the sketch of a column of a file of so many rows.
    pub(crate) fn of(rows: u64, column: ColumnProfile, hits: Hits) -> Result<Self, ProfileError> {
        Ok(Self { profile: Profile::of(0, rows, vec![(COLUMN.to_owned(), column)])?, hits })
    }

    /// Returns the sketch of a column that a file of so many rows does not have.
    pub(crate) fn absent(rows: u64) -> Result<Self, ProfileError> {
        Ok(Self { profile: Profile::of(0, rows, Vec::new())?, hits: Hits::default() })
    }

    /// Takes what is known of the same column in the next file.
    pub(crate) fn append(&mut self, next: Self) -> Result<(), ProfileError> {
        self.profile.append(next.profile)?;
        self.hits.merge(&next.hits);
        Ok(())
    }

    pub(crate) fn rows(&self) -> u64 {
        self.profile.rows()
    }

    /// Returns what is known of the values, or `None` if no file has the column.
    pub(crate) fn summary(&self) -> Option<Summary<'_>> {
        self.profile.column(COLUMN).map(ColumnProfile::summary)
    }

    pub(crate) fn hits(&self) -> &Hits {
        &self.hits
    }
}

/// The sketch of one column as it is kept with its file.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    hits: Hits,
    profile: &'a [u8],
}

impl Kept<'_> {
    fn sketch(&self) -> Option<ColumnSketch> {
        Some(ColumnSketch { profile: Profile::from_bytes(self.profile).ok()?, hits: self.hits })
    }
}

/// What is known of the columns of one file, as it is kept with it: written column by column, so that sketches that are done take
/// no more than their bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FileSketches {
    columns: usize,
    bytes: Vec<u8>,
}

impl FileSketches {
    /// Writes the next columns.
    pub(crate) fn push(&mut self, sketches: &[ColumnSketch]) -> postcard::Result<()> {
        for sketch in sketches {
            let kept = Kept { hits: sketch.hits, profile: &sketch.profile.to_bytes() };
            self.bytes.extend(postcard::to_stdvec(&kept)?);
            self.columns += 1;
        }
        Ok(())
    }

    /// Returns the bytes: the number of columns, and each.
    pub(crate) fn into_bytes(self) -> postcard::Result<Vec<u8>> {
        let mut bytes = self.bytes;
        bytes.splice(..0, postcard::to_stdvec(&self.columns)?);
        Ok(bytes)
    }
}

/// Appends what [`FileSketches`] kept of the next file, of so many rows, to columns of the table; `places` says where each stands in the
/// file, if it does. Returns false for bytes that another release wrote, and for what cannot follow: the columns are of no use then.
pub(crate) fn append_file(columns: &mut [ColumnSketch], bytes: &[u8], places: &[Option<usize>], rows: u64) -> bool {
    let Ok(kept) = postcard::from_bytes::<Vec<Kept<'_>>>(bytes) else { return false };
    for (column, place) in columns.iter_mut().zip(places) {
        let next = match place {
            Some(place) => kept.get(*place).and_then(Kept::sketch),
            None => ColumnSketch::absent(rows).ok(),
        };
        if next.is_none_or(|next| column.append(next).is_err()) {
            return false;
        }
    }
    true
}
