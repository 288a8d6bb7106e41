//! The page of the product, inside the binary: the files that `npm run build` puts into `ui/dist`.
//!
//! Invariants: a path finds what was built, nothing else; files below `assets/` carry a hash of their content in their name, so they
//! may be kept for ever; the index is made anew with each answer's nonce. Without a built page a committed one says how to get it.
//! This crate knows nothing of HTTP: `api` turns an [`Asset`] into an answer and sets the headers.
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::fmt::Write as _;

#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Built;

#[derive(RustEmbed)]
#[folder = "placeholder"]
struct Placeholder;

const INDEX: &str = "index.html";
/// The word in the built index that stands for the nonce; `html.cspNonce` in `ui/vite.config.ts` writes it.
const NONCE: &str = "LOCKGATE_NONCE";

/// A file of the page.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// The same, compressed by gzip, where the build did so.
    pub gzip: Option<Cow<'static, [u8]>>,
    /// Its media type, with the character set of texts.
    pub mime: &'static str,
    /// A strong entity tag, quotes included: the SHA-256 of the content.
    pub etag: String,
    /// Whether its name changes with its content, so that it may be kept for ever.
    pub immutable: bool,
}

/// Returns whether the page was built into this binary.
pub fn is_built() -> bool {
    Built::get(INDEX).is_some()
}

/// Returns the file at `path` (without a leading slash), or `None`. The index is not a file: see [`index`].
pub fn get(path: &str) -> Option<Asset> {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension)?;
    if path == INDEX || extension == "gz" {
        return None;
    }
    let file = Built::get(path)?;
    Some(Asset {
        gzip: Built::get(&format!("{path}.gz")).map(|packed| packed.data),
        mime: mime(extension),
        etag: etag(file.metadata.sha256_hash()),
        immutable: path.starts_with("assets/"),
        bytes: file.data,
    })
}

/// Returns the page that starts everything, with `nonce` in each script and style it names. Never to be cached.
pub fn index(nonce: &str) -> String {
    let file = Built::get(INDEX).or_else(|| Placeholder::get(INDEX)).expect("the placeholder is committed");
    String::from_utf8_lossy(&file.data).replace(NONCE, nonce)
}

fn etag(hash: [u8; 32]) -> String {
    let mut tag = String::with_capacity(66);
    tag.push('"');
    for byte in hash {
        write!(tag, "{byte:02x}").expect("a string takes what is written");
    }
    tag.push('"');
    tag
}

fn mime(extension: &str) -> &'static str {
    match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_carries_the_nonce_of_its_answer() {
        let page = index("n0nce");
        assert!(page.contains("nonce=\"n0nce\""), "{page}");
        assert!(!page.contains(NONCE), "the word itself must not stay: {page}");
    }

    #[test]
    fn only_built_files_are_found() {
        for path in ["", "/", "index.html", "../Cargo.toml", "assets/../index.html", "assets", "no-such-file.js"] {
            assert!(get(path).is_none(), "`{path}` must find nothing");
        }
    }

    #[test]
    fn hashed_files_may_be_kept_for_ever_and_others_may_not() {
        let paths: Vec<_> = Built::iter().filter(|path| path != INDEX && !path.ends_with(".gz")).collect();
        for path in &paths {
            let asset = get(path).unwrap();
            assert_eq!(asset.immutable, path.starts_with("assets/"), "{path}");
            assert_eq!(asset.etag.len(), 66, "{path}");
        }
        assert_eq!(is_built(), !paths.is_empty());
    }
}
