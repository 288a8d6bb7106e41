use base::Timestamp;

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
