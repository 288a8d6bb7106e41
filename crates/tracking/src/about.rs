//! What the server says of itself to MLflow's clients, and of what it does not have.
use crate::Context;
use crate::error::Error;
use crate::experiments::ReadExperiment;
use access::http::{Anyone, Permit};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::marker::PhantomData;
use web::{Json, Problem, Raw, Routes};

/// The version of MLflow whose protocol this is.
const VERSION: &str = "3.17.2";

/// Families of MLflow's API that are not here, by how their paths go on behind `mlflow/` or as a whole.
const ELSEWHERE: [(&str, &str); 22] = [
    ("traces", "traces"),
    ("assessments", "assessments of traces"),
    ("webhooks", "webhooks of the registry"),
    ("gateway", "the gateway to language models"),
    ("prompt-optimization", "prompt optimization"),
    ("review-queues", "review queues"),
    ("label-schemas", "label schemas"),
    ("issues", "issues of traces"),
    ("mcp-servers", "MCP servers"),
    ("demo", "demo data"),
    ("promptlab", "the prompt laboratory"),
    ("telemetry", "telemetry"),
    ("jobs", "jobs of MLflow"),
    ("workspaces", "workspaces: each project is one, at `/mlflow/<project>`"),
    ("users", "users of MLflow: people and roles are Lockgate's"),
    ("permissions", "permissions of MLflow: people and roles are Lockgate's"),
    ("datasets", "evaluation datasets"),
    ("scorers", "scorers"),
    ("mpu", "uploads in parts"),
    ("presigned", "links to storage"),
    ("graphql", "GraphQL"),
    ("logged-models", "this operation on logged models"),
];

/// The methods that an unknown path answers.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The routes for whoever looks whether the server is there, at the root and at a project's address, and what answers
/// below that address where no route does: the page would be taken for an answer. The address itself stays the page's,
/// since the links that clients print begin with it: `/mlflow/credit-risk/#/experiments/0`.
pub(crate) fn open_routes(routes: Routes<Context>) -> Routes<Context> {
    let mut routes = routes
        .with(Raw("GET", "/health").route(PhantomData::<Permit<Anyone>>, get_health))
        .with(Raw("GET", "/version").route(PhantomData::<Permit<Anyone>>, get_version))
        .with(Raw("GET", "/mlflow/{project}/health").route(PhantomData::<Permit<Anyone>>, get_health))
        .with(Raw("GET", "/mlflow/{project}/version").route(PhantomData::<Permit<Anyone>>, get_version));
    for method in METHODS {
        let see: PhantomData<Permit<ReadExperiment>> = PhantomData;
        routes = routes.with(Raw(method, "/mlflow/{project}/{*rest}").route(see, not_here_in_project).basic());
    }
    routes
}

/// The routes.
pub(crate) fn routes(mut routes: Routes<Context>) -> Routes<Context> {
    for path in ["/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"] {
        let see: PhantomData<Permit<ReadExperiment>> = PhantomData;
        routes = routes.with(Raw("GET", path).route(see, get_server_info).basic());
    }
    let paths = ["/api/2.0/{*rest}", "/api/3.0/{*rest}", "/ajax-api/{*rest}", "/api/2.0mlflow/{*rest}", "/v1/{*rest}"];
    for path in paths {
        for method in METHODS {
            let see: PhantomData<Permit<ReadExperiment>> = PhantomData;
            routes = routes.with(Raw(method, path).route(see, not_here).basic());
        }
    }
    routes
}

async fn get_health(_permit: Permit<Anyone>) -> &'static str {
    "OK"
}

async fn get_version(_permit: Permit<Anyone>) -> &'static str {
    VERSION
}

/// Answers what clients may try beyond the plain calls: nothing.
async fn get_server_info(_permit: Permit<ReadExperiment>) -> Json<Value> {
    Json(json!({
        "store_type": "SqlStore", "workspaces_enabled": false, "trace_archival_enabled": false,
        "multipart_uploads_enabled": false, "multipart_downloads_enabled": false,
        "presigned_upload_run_id_supported": false, "presigned_upload_model_id_supported": false,
        "features_enabled": {"gateway": false},
    }))
}

async fn not_here(_permit: Permit<ReadExperiment>, uri: Uri) -> Response {
    nothing_at(uri.path())
}

async fn not_here_in_project(_permit: Permit<ReadExperiment>, uri: Uri) -> Response {
    nothing_at(below_project(uri.path()))
}

/// Returns what follows `/mlflow/<project>/`: a project may be called as a family is.
fn below_project(path: &str) -> &str {
    path.splitn(4, '/').nth(3).unwrap_or_default()
}

fn nothing_at(path: &str) -> Response {
    let known = ELSEWHERE.iter().find(|(word, _)| path.split('/').any(|part| part == *word));
    let problem = match known {
        Some((_, what)) => {
            Error::Unsupported(format!("Not part of this server: {what}. The guide `Track with MLflow` says what is."))
                .into()
        }
        None => Problem::new(StatusCode::NOT_FOUND, "web.no_such_path", "Endpoint not found", None),
    };
    problem.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_may_be_called_as_a_family_is() {
        let status = |path: &str| nothing_at(below_project(path)).status().as_u16();
        assert_eq!(below_project("/mlflow/jobs/a/b"), "a/b");
        assert_eq!((status("/mlflow/jobs/absent"), status("/mlflow/credit-risk/graphql")), (404, 501));
    }
}
