//! Who wrote what: commits behind others, with the names that they carry.
use super::Signature;
use super::service::folder_of;
use crate::names::is_id;
use crate::{Context, Error, Result};
use base::ProjectId;

/// The fields of a commit as `git log` is told to write them, each ended by a zero byte, which no field can hold.
const FORMAT: &str = "--format=%H%x00%P%x00%an%x00%ae%x00%B%x00";
/// How many fields that are: with the end of the commit itself.
const FIELDS: usize = 6;

/// A commit and whom it names; anybody can write anything there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// 40 hexadecimal digits.
    pub id: String,
    pub parents: Vec<String>,
    pub author: Signature,
    /// Those of its lines `Co-authored-by: NAME <ADDRESS>`, wherever they stand in the message.
    pub co_authors: Vec<Signature>,
}

/// Returns the commits that `tips` are or build on, and that `without` neither is nor builds on. Tips that are not there are left out.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::UnknownRevision`] for what is no commit's id; a repository that cannot be read.
pub async fn history(
    cx: &Context,
    project: &ProjectId,
    tips: &[String],
    without: Option<&str>,
) -> Result<Vec<Written>> {
    let mut asked = String::new();
    for tip in tips {
        if !is_id(tip) {
            return Err(Error::UnknownRevision(crate::names::shown(tip)));
        }
        asked += &format!("{tip}\n");
    }
    if let Some(without) = without {
        if !is_id(without) {
            return Err(Error::UnknownRevision(crate::names::shown(without)));
        }
        asked += &format!("^{without}\n");
    }
    let folder = folder_of(cx, project).await?;
    if tips.is_empty() {
        return Ok(Vec::new()); // without any, git would take `HEAD`
    }
    let words = ["log", "--no-decorate", "--encoding=UTF-8", "-z", FORMAT, "--ignore-missing", "--stdin"];
    let output = cx.run_git(&folder, &words, Some(asked.as_bytes())).await?;
    read(&output).ok_or_else(|| Error::Git("`git log` cannot be read".into()))
}

fn read(output: &[u8]) -> Option<Vec<Written>> {
    let text = String::from_utf8_lossy(output);
    let Some(text) = text.strip_suffix('\0') else { return text.is_empty().then(Vec::new) };
    let fields: Vec<&str> = text.split('\0').collect();
    let commit = |fields: &[&str]| {
        let [id, parents, name, email, message, ..] = fields else { return None };
        let author = Signature { name: (*name).to_owned(), email: (*email).to_owned() };
        let parents = parents.split_whitespace().map(str::to_owned).collect();
        is_id(id).then(|| Written { id: (*id).to_owned(), parents, author, co_authors: co_authors(message) })
    };
    fields.chunks(FIELDS).map(commit).collect()
}

fn co_authors(message: &str) -> Vec<Signature> {
    const KEY: &str = "co-authored-by:";
    let named = |line: &str| {
        let line = line.trim();
        let (key, rest) = line.split_at_checked(KEY.len())?;
        if !key.eq_ignore_ascii_case(KEY) {
            return None;
        }
        let (name, address) = rest.split_once('<').unwrap_or((rest, ""));
        let email = address.split('>').next().unwrap_or_default().trim();
        Some(Signature { name: name.trim().to_owned(), email: email.to_owned() })
    };
    message.lines().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_writes_is_read_and_co_authors_are_found_anywhere() {
        let (one, two) = ("a".repeat(40), "b".repeat(40));
        let message = "Subject\n\nco-authored-BY: Cho <cho@bank.example>\nBody\n Co-authored-by: nobody\n";
        let text = format!("{one}\0{two}\0Ana\0ana@bank.example\0{message}\0\0{two}\0\0Ben\0\0x\0\0");
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].parents.as_slice(), read[0].author.email.as_str()), (&[two][..], "ana@bank.example"));
        let names: Vec<_> = read[0].co_authors.iter().map(|one| (one.name.as_str(), one.email.as_str())).collect();
        assert_eq!(names, [("Cho", "cho@bank.example"), ("nobody", "")]);
        assert!(read[1].parents.is_empty() && read[1].co_authors.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_no_history() {
        assert_eq!(read(b""), Some(Vec::new()));
        for bad in ["x", "x\0", "aaa\0\0\0\0\0\0"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
