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

/// Returns the sketches of a file's columns as they are kept with it.
pub(crate) fn to_bytes(sketches: &[ColumnSketch]) -> postcard::Result<Vec<u8>> {
    let profiles: Vec<Vec<u8>> = sketches.iter().map(|sketch| sketch.profile.to_bytes()).collect();
    let columns = sketches.iter().zip(&profiles);
    let kept: Vec<Kept<'_>> = columns.map(|(sketch, profile)| Kept { hits: sketch.hits, profile }).collect();
    postcard::to_stdvec(&kept)
}

/// Appends what [`to_bytes`] kept of the next file, of so many rows, to columns of the table; `places` says where each stands in the
/// file, if it does. Returns false for bytes that another release wrote: the columns are of no use then.
pub(crate) fn append_file(
    columns: &mut [ColumnSketch],
    bytes: &[u8],
    places: &[Option<usize>],
    rows: u64,
) -> Result<bool, ProfileError> {
    let Ok(kept) = postcard::from_bytes::<Vec<Kept<'_>>>(bytes) else { return Ok(false) };
    for (column, place) in columns.iter_mut().zip(places) {
        let next = match place {
            Some(place) => kept.get(*place).and_then(Kept::sketch),
            None => Some(ColumnSketch::absent(rows)?),
        };
        let Some(next) = next else { return Ok(false) };
        column.append(next)?;
    }
    Ok(true)
}
