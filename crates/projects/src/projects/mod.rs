//! Projects: who answers for a model and what it is for, with a repository and three environments. Setting one up is a job that goes
//! on where a killed server left it: repository, a smoke run in each environment, then `available`.
mod advance;
mod error;
mod http;
mod jobs;
mod model;
mod service;
mod smoke;
pub(crate) mod store;
mod view;

pub use error::Error;
pub use http::routes;
pub use jobs::register;
pub use model::{NewProject, Project};
pub use service::{find, visible};
pub use view::ProjectView;

access::actions! {
    /// Make a project from a template.
    CreateProject,
    /// See a project.
    ReadProject,
    /// Begin anew to set a project up that failed.
    RetryProject,
}

#[cfg(test)]
mod tests;
