use super::ReadRepository;
use crate::pushes::store::PushStore;
use crate::{Error, Result};
use access::Permit;
use base::{ProjectId, Resource, Securable, Timestamp};
use db::Tx;

/// A project's repository, as `access` sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository(pub ProjectId);

impl Securable for Repository {
    fn resource(&self) -> Resource {
        let (id, scope) = (self.0.0.clone(), format!("project/{}", self.0));
        Resource { kind: "repository", id, scope, team: None, asker: None, listed: false }
    }
}

impl Repository {
    /// Succeeds if the project has a repository that the caller may do `A` with.
    ///
    /// # Errors
    /// [`Error::NotFound`], be it absent or not theirs to see; [`Error::Refused`] if they may see it, but not do this.
    pub(crate) async fn seen<A: access::Action>(tx: &Tx, permit: &Permit<A>, project: &ProjectId) -> Result<Self> {
        let found = tx.has_repository(project).await?.then(|| Self(project.clone()));
        let seen = permit.on(tx, found).await?;
        seen.map(|(repository, _)| repository).ok_or_else(|| not_found(project))
    }

    /// Like [`Repository::seen`], in a transaction of its own, for what is read from the disk.
    pub(crate) async fn readable(
        cx: &crate::Context,
        permit: &Permit<ReadRepository>,
        project: &ProjectId,
    ) -> Result<()> {
        cx.db.read(|tx| async move { Self::seen(&tx, permit, project).await.map(|_| ()) }).await
    }
}

/// The name came from outside and may be anything.
pub(crate) fn not_found(project: &ProjectId) -> Error {
    Error::NotFound(ProjectId(crate::names::shown(project.as_str())))
}

/// Who wrote a commit, as the commit says; anybody can write anything there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub email: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// 40 hexadecimal digits.
    pub id: String,
    /// The tree's id, 40 hexadecimal digits: equal for equal files.
    pub tree: String,
    pub message: String,
    pub author: Signature,
    /// When, by the clock of whoever committed it.
    pub committed_at: Timestamp,
    pub parents: Vec<String>,
}

/// A file of a repository's first commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Relative, with `/` between its parts.
    pub path: String,
    pub bytes: Vec<u8>,
    pub executable: bool,
}

/// The longest message that is kept of a commit, in bytes.
const LONGEST_MESSAGE: usize = 16 << 10;

impl Commit {
    /// Returns the first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// Reads a commit as git stores it; `None` if it is none.
    pub(crate) fn parse(id: &str, bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let (mut tree, mut author, mut committed, mut parents) = (None, None, None, Vec::new());
        for line in head.lines() {
            match line.split_once(' ') {
                Some(("tree", id)) if tree.is_none() => tree = Some(id.to_owned()),
                Some(("parent", id)) => parents.push(id.to_owned()),
                Some(("author", who)) if author.is_none() => author = Some(signature(who)?.0),
                Some(("committer", who)) if committed.is_none() => committed = Some(signature(who)?.1),
                _ => {} // of no use here, such as a signature
            }
        }
        let mut message = message.trim_end().to_owned();
        if message.len() > LONGEST_MESSAGE {
            message.truncate((0..=LONGEST_MESSAGE).rev().find(|at| message.is_char_boundary(*at))?);
        }
        let committed_at = committed?;
        Some(Self { id: id.to_owned(), tree: tree?, message, author: author?, committed_at, parents })
    }
}

/// The last second that can be shown.
const LAST_SECOND: i64 = 253_402_207_199;

/// Reads `Ana Example <ana@example.com> 1767225600 +0100`.
fn signature(text: &str) -> Option<(Signature, Timestamp)> {
    let (name, rest) = text.split_once('<')?;
    let (email, rest) = rest.split_once('>')?;
    let seconds: i64 = rest.split_whitespace().next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    // What a commit says of its time may be anything; the ends of time hold it.
    let at = Timestamp(0).plus_seconds(seconds.clamp(0, LAST_SECOND));
    Some((Signature { name: name.trim().to_owned(), email: email.to_owned() }, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_as_git_stores_it() {
        let text = "tree aaa\nparent bbb\nparent ccc\nauthor Ana <ana@example.com> 1767225600 +0100\n\
                    committer Ben <ben@example.com> 1767225660 +0000\ngpgsig -----BEGIN\n tree xxx\n \n author Eve <e> 1 +0\n\nSubject\n\nBody\n";
        let commit = Commit::parse("ddd", text.as_bytes()).unwrap();
        assert_eq!(commit.tree, "aaa");
        assert_eq!(commit.parents, ["bbb", "ccc"]);
        assert_eq!((commit.author.name.as_str(), commit.author.email.as_str()), ("Ana", "ana@example.com"));
        assert_eq!(commit.committed_at.to_string(), "2026-01-01T00:01:00Z");
        assert_eq!((commit.subject(), commit.message.as_str()), ("Subject", "Subject\n\nBody"));
    }

    #[test]
    fn what_a_commit_says_may_be_anything() {
        for (who, year) in
            [("A <a> 99999999999999 +0", "9999"), ("A <a> -5 +0", "1970"), ("A <a> x", "1970"), ("<> ", "1970")]
        {
            let text = format!("tree a\nauthor {who}\ncommitter {who}\n\n");
            let commit = Commit::parse("d", text.as_bytes()).unwrap();
            assert!(commit.committed_at.to_string().starts_with(year), "{}", commit.committed_at);
        }
        for bad in ["", "tree a\n\n", "tree a\nauthor x\ncommitter x\n\n", "\u{fffd}"] {
            assert_eq!(Commit::parse("d", bad.as_bytes()), None);
        }
        let long = format!("tree a\nauthor A <a> 1 +0\ncommitter A <a> 1 +0\n\n{}", "ä".repeat(20_000));
        assert!(Commit::parse("d", long.as_bytes()).unwrap().message.len() <= LONGEST_MESSAGE);
    }
}
