use crate::{Problem, bad_input};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// How much a list answers at once when the caller does not say.
const DEFAULT_LIMIT: u32 = 50;
/// The most that a list answers at once.
const MOST: u32 = 200;

/// Where in a list to go on, and how far; part of every list's query string.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// What the page before called `next_cursor`.
    pub cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    #[serde(default, deserialize_with = "number")]
    #[param(value_type = Option<u32>)]
    pub limit: Option<u32>,
}

/// Reads a number from text: flattened into another query string, every value arrives as text.
fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(|_| serde::de::Error::custom("`limit` is not a number"))).transpose()
}

impl Paging {
    /// Returns how many rows to answer, within the bounds.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST)
    }

    /// Returns the key of the last row seen, or `None` at the start.
    ///
    /// # Errors
    /// A cursor that this list did not give.
    pub fn after<K: serde::de::DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        self.cursor.as_deref().map(Cursor::decode).transpose()
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many there are in all, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// Makes a page of up to `limit` rows from `limit + 1` that were read: the one more only says that there is more.
    pub fn of<K: Serialize>(mut rows: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|row| Cursor::encode(&key(row))) } else { None };
        Self { items: rows, next_cursor, total: None }
    }

    /// Returns the page with each row turned into its view.
    pub fn map<V>(self, view: impl FnMut(T) -> V) -> Page<V> {
        let items = self.items.into_iter().map(view).collect();
        Page { items, next_cursor: self.next_cursor, total: self.total }
    }
}

/// Writes and reads the opaque text of a cursor: the key of the last row seen.
#[derive(Debug)]
pub struct Cursor;

impl Cursor {
    /// Returns `key` as a cursor.
    pub fn encode<K: Serialize>(key: &K) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).expect("keys are plain values"))
    }

    /// Returns the key in `cursor`.
    ///
    /// # Errors
    /// A text that [`Cursor::encode`] did not write.
    pub fn decode<K: serde::de::DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
        let bad = || bad_input("`cursor` is not one that this list gave");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_there_is_more() {
        let page = Page::of(vec![1, 2, 3], 2, |row| *row);
        assert_eq!(page.items, [1, 2]);
        let paging = Paging { cursor: page.next_cursor, limit: Some(9_999) };
        assert_eq!((paging.after::<i32>().unwrap(), paging.limit()), (Some(2), MOST));
        assert_eq!(Page::of(vec![1, 2], 2, |row| *row).next_cursor, None);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let text = Cursor::encode(&("2026", 7));
        assert!(Cursor::decode::<(String, i64)>(&text).is_ok());
        assert!(Cursor::decode::<i64>(&text).is_err());
        assert!(Cursor::decode::<i64>("%%%").is_err());
    }
}
