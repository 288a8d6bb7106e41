use kernels::KernelError;

/// Why nothing was computed. Odd data is no error: reports show a reason where the number would stand.
#[derive(Debug, thiserror::Error)]
pub enum StatsError {
    /// An argument, by its name, that is not what it must be.
    #[error("`{name}` is {found}: expected {expected}")]
    Argument { name: String, found: String, expected: String },
    /// A column that the data does not have, and the argument that names it; `hint` lists or suggests those that it has.
    #[error("{}there is no column `{name}` in {of}: {hint}", argument.map(|name| format!("`{name}`: ")).unwrap_or_default())]
    NoColumn { argument: Option<&'static str>, name: String, of: String, hint: String },
    /// A file that cannot be read as what its name says.
    #[error("`{file}` cannot be read: {why}")]
    File { file: String, why: String },
    /// Whoever is told of the progress asked to stop.
    #[error("stopped before the end")]
    Stopped,
}

/// Says that an argument is not what it must be.
pub(crate) fn wrong(name: &str, found: impl Into<String>, expected: impl Into<String>) -> StatsError {
    StatsError::Argument { name: name.to_owned(), found: found.into(), expected: expected.into() }
}

impl From<KernelError> for StatsError {
    fn from(error: KernelError) -> Self {
        match error {
            KernelError::Argument { name, found, expected } => {
                Self::Argument { name: name.to_owned(), found, expected: expected.to_owned() }
            }
            other @ KernelError::Shape(..) => Self::Argument {
                name: "data".to_owned(),
                found: other.to_string(),
                expected: "other shapes".to_owned(),
            },
        }
    }
}
