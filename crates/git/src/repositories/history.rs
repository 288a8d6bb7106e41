//! Who wrote what: commits behind others, with the names that they carry. However long what anybody wrote there is: it is read as it
//! comes, and only names and addresses are kept.
use super::Signature;
use super::service::folder_of;
use crate::names::{is_id, shown};
use crate::{Context, Error, Result};
use base::ProjectId;

/// The fields of a commit as `git log` is told to write them, each ended by a zero byte, which no field can hold; another one ends the
/// commit.
const FORMAT: &str = "--format=%H%x00%an%x00%ae%x00%B%x00";
/// Which of them is the message.
const MESSAGE: usize = 3;
/// How much is kept of a name, an address, or a line of a message, in bytes.
const LONGEST: usize = 4 << 10;

/// A commit and whom it names; anybody can write anything there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// 40 hexadecimal digits.
    pub id: String,
    pub author: Signature,
    /// Those of its lines `Co-authored-by: NAME <ADDRESS>`, wherever they stand in the message.
    pub co_authors: Vec<Signature>,
}

/// A commit and what it builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// 40 hexadecimal digits.
    pub id: String,
    pub parents: Vec<String>,
}

/// Returns the commits that `commit` is or builds on, and that `without` neither is nor builds on, with whom they name; none if it is
/// not there.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::UnknownRevision`] for what is no commit's id; a repository that cannot be read.
pub async fn history(cx: &Context, project: &ProjectId, commit: &str, without: Option<&str>) -> Result<Vec<Written>> {
    let asked = asked([commit], without)?;
    let folder = folder_of(cx, project).await?;
    let words = ["log", "--no-decorate", "--encoding=UTF-8", "-z", FORMAT, "--ignore-missing", "--stdin"];
    let mut reader = Reader::default();
    cx.stream_git(&folder, &words, asked.as_bytes(), |piece: &[u8]| reader.take(piece)).await?;
    reader.end()
}

/// Returns what the commits are linked by that `tips` are or build on, and that `without` neither is nor builds on. Tips that are not
/// there are left out.
///
/// # Errors
/// As of [`history`].
pub async fn links(cx: &Context, project: &ProjectId, tips: &[String], without: Option<&str>) -> Result<Vec<Linked>> {
    let asked = asked(tips.iter().map(String::as_str), without)?;
    let folder = folder_of(cx, project).await?;
    let (mut found, mut line) = (Vec::new(), Vec::new());
    let take = |piece: &[u8]| -> Result<()> {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.ends_with(b"\n") {
                found.push(linked(&line).ok_or_else(unreadable)?);
                line.clear();
            }
        }
        Ok(())
    };
    cx.stream_git(&folder, &["rev-list", "--parents", "--ignore-missing", "--stdin"], asked.as_bytes(), take).await?;
    if line.is_empty() { Ok(found) } else { Err(unreadable()) }
}

/// Returns what git is asked on its input.
fn asked<'a>(tips: impl IntoIterator<Item = &'a str>, without: Option<&str>) -> Result<String> {
    let whole = |id: &str| if is_id(id) { Ok(()) } else { Err(Error::UnknownRevision(shown(id))) };
    let mut asked = String::new();
    for tip in tips {
        whole(tip)?;
        asked += &format!("{tip}\n");
    }
    if let Some(without) = without {
        whole(without)?;
        asked += &format!("^{without}\n");
    }
    Ok(asked)
}

fn unreadable() -> Error {
    Error::Git("its list of commits cannot be read".into())
}

fn linked(line: &[u8]) -> Option<Linked> {
    let mut ids = std::str::from_utf8(line).ok()?.split_whitespace().map(str::to_owned);
    let linked = Linked { id: ids.next()?, parents: ids.collect() };
    (is_id(&linked.id) && linked.parents.iter().all(|parent| is_id(parent))).then_some(linked)
}

/// Takes in what `git log` writes, as it comes.
#[derive(Debug, Default)]
struct Reader {
    found: Vec<Written>,
    /// Of the commit that is being read: the fields before its message.
    fields: Vec<String>,
    co_authors: Vec<Signature>,
    /// Which of its fields is being read.
    field: usize,
    /// As much of the field, or of the line of its message, as is kept.
    line: Vec<u8>,
}

impl Reader {
    fn take(&mut self, piece: &[u8]) -> Result<()> {
        for &byte in piece {
            match byte {
                0 => self.end_field()?,
                b'\n' if self.field == MESSAGE => self.end_line(),
                _ if self.line.len() < LONGEST => self.line.push(byte),
                _ => {}
            }
        }
        Ok(())
    }

    fn end_line(&mut self) {
        self.co_authors.extend(co_author(&String::from_utf8_lossy(&self.line)));
        self.line.clear();
    }

    fn end_field(&mut self) -> Result<()> {
        if self.field > MESSAGE {
            return self.end_commit();
        }
        if self.field == MESSAGE {
            self.end_line();
        } else {
            self.fields.push(String::from_utf8_lossy(&self.line).into_owned());
            self.line.clear();
        }
        self.field += 1;
        Ok(())
    }

    fn end_commit(&mut self) -> Result<()> {
        let fields = std::mem::take(&mut self.fields);
        let [id, name, email] = <[String; MESSAGE]>::try_from(fields).map_err(|_| unreadable())?;
        if !is_id(&id) || !self.line.is_empty() {
            return Err(unreadable());
        }
        let co_authors = std::mem::take(&mut self.co_authors);
        self.found.push(Written { id, author: Signature { name, email }, co_authors });
        self.field = 0;
        Ok(())
    }

    fn end(self) -> Result<Vec<Written>> {
        if self.field == 0 && self.line.is_empty() { Ok(self.found) } else { Err(unreadable()) }
    }
}

fn co_author(line: &str) -> Option<Signature> {
    const KEY: &str = "co-authored-by:";
    let (key, rest) = line.trim().split_at_checked(KEY.len())?;
    if !key.eq_ignore_ascii_case(KEY) {
        return None;
    }
    let (name, address) = rest.split_once('<').unwrap_or((rest, ""));
    let email = address.split('>').next().unwrap_or_default().trim();
    Some(Signature { name: name.trim().to_owned(), email: email.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{Place, id, project};

    /// Reads `text` in pieces of `size` bytes.
    fn read(text: &[u8], size: usize) -> Result<Vec<Written>> {
        let mut reader = Reader::default();
        for piece in text.chunks(size) {
            reader.take(piece)?;
        }
        reader.end()
    }

    fn names(written: &Written) -> Vec<(&str, &str)> {
        written.co_authors.iter().map(|one| (one.name.as_str(), one.email.as_str())).collect()
    }

    #[test]
    fn what_git_writes_is_read_and_co_authors_are_found_anywhere() {
        let (one, two) = ("a".repeat(40), "b".repeat(40));
        let message = "Subject\n\nco-authored-BY: Cho <cho@bank.example>\nBody\n Co-authored-by: nobody\n";
        let text = format!("{one}\0Ana\nB\0ana@bank.example\0{message}\0\0{two}\0Ben\0\0x\0\0");
        for size in [1, 7, 1_000] {
            let read = read(text.as_bytes(), size).unwrap();
            assert_eq!(read.len(), 2);
            let author = &read[0].author;
            assert_eq!((author.name.as_str(), author.email.as_str()), ("Ana\nB", "ana@bank.example"));
            assert_eq!(names(&read[0]), [("Cho", "cho@bank.example"), ("nobody", "")]);
            assert!(read[1].co_authors.is_empty());
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_history() {
        assert!(read(b"", 1).unwrap().is_empty());
        let (whole, id) = ("a".repeat(40), "b".repeat(40));
        let unended = format!("{whole}\0a\0b\0c\0");
        let shifted = format!("{whole}\0a\0b\0c\0{id}\0");
        for bad in ["x", "x\0", "aaa\0\0\0\0\0", unended.as_str(), shifted.as_str()] {
            assert!(read(bad.as_bytes(), 3).is_err(), "{bad:?}");
        }
        assert_eq!(linked(format!("{whole} {id}\n").as_bytes()).unwrap().parents, [id]);
        for bad in ["\n", "x\n", "aaa bbb\n"] {
            assert_eq!(linked(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn of_a_long_name_or_line_the_beginning_is_kept() {
        let long = "x".repeat(LONGEST * 3);
        let text = format!("{}\0{long}\0{long}\0{long}\nCo-authored-by: {long}\nCo-authored-by: Cho\0\0", id(1));
        let read = read(text.as_bytes(), 100).unwrap();
        assert_eq!((read[0].author.name.len(), read[0].author.email.len()), (LONGEST, LONGEST));
        assert_eq!(names(&read[0])[1], ("Cho", ""));
    }

    /// Messages that pack well may be larger together than what is read at once of any other command.
    #[tokio::test]
    async fn messages_without_end_keep_nobody_from_reading_who_wrote_what() {
        let place = Place::new().await;
        let first = place.created().await;
        let mut tip = first.clone();
        let message = format!("{}\n\nCo-authored-by: Cho <cho@bank.example>\n", "x".repeat(33 << 20));
        for _ in 0..2 {
            let tree = format!("{tip}^{{tree}}");
            let name = ["-c", "user.name=Ben", "-c", "user.email=ben@bank.example"];
            let words = [&name[..], &["commit-tree", "-p", &tip, "-F", "-", &tree]].concat();
            tip = place.git_with(&words, &message).await;
        }
        let (cx, project) = (&place.cx, &project());
        let written = history(cx, project, &tip, Some(&first)).await.unwrap();
        assert_eq!(written.len(), 2);
        for one in &written {
            assert_eq!((one.author.name.as_str(), names(one)), ("Ben", vec![("Cho", "cho@bank.example")]));
        }
        assert!(history(cx, project, &id(7), None).await.unwrap().is_empty(), "it is not there");
        let links = links(cx, project, &[tip.clone(), id(7)], Some(&first)).await.unwrap();
        assert_eq!(links.len(), 2);
        assert_eq!((links[0].id.as_str(), links[1].parents.as_slice()), (tip.as_str(), &[first][..]));
        assert!(matches!(history(cx, project, "--all", None).await, Err(Error::UnknownRevision(_))));
    }
}
