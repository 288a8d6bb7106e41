/// Declares a text id with its own type.
#[macro_export]
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    };
}

id!(
    /// A person, by name.
    PersonId
);
id!(
    /// A group of people, by name.
    GroupId
);
id!(
    /// A team that owns lakes and projects, by name.
    TeamId
);
id!(
    /// An environment of a project: `credit-risk/preprod`.
    EnvironmentId
);
id!(
    /// A token; never its secret.
    TokenId
);
id!(
    /// A lake, by name.
    LakeId
);
id!(
    /// One crawl of a lake.
    CrawlId
);
id!(
    /// A dataset: `lake.schema.table`.
    DatasetId
);
id!(
    /// A purpose on record.
    PurposeId
);
id!(
    /// An access request.
    RequestId
);
id!(
    /// A grant.
    GrantId
);
id!(
    /// A governed query.
    QueryId
);
id!(
    /// A piece of our own background work.
    JobId
);
id!(
    /// A project, by name.
    ProjectId
);
id!(
    /// A run of a pipeline.
    RunId
);
id!(
    /// One try of a step.
    AttemptId
);
