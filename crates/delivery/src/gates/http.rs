use super::{EditGate, GatePolicy, GatePolicyState, Needed, ReadGatePolicy, Terms, Tolerance, service};
use crate::Context;
use access::Permit;
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Path, Problem, Routes, State};

/// What an environment is to ask of a candidate from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGatePolicy {
    /// The version that you looked at: the change is refused if another is in force.
    #[serde(default)]
    pub version: Option<i64>,
    /// The checks that have to pass: `parity`, `quality`, `bias`.
    pub required: Vec<String>,
    /// Those of them that may be not computable.
    #[serde(default)]
    pub may_be_not_computable: Vec<String>,
    pub approvals: Vec<Needed>,
    /// How long it has to serve before it counts as live, in seconds.
    pub baking_s: i64,
    pub tolerances: Vec<Tolerance>,
}

impl NewGatePolicy {
    /// Returns its terms.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            required: self.required.clone(),
            may_be_not_computable: self.may_be_not_computable.clone(),
            approvals: self.approvals.clone(),
            baking_s: self.baking_s,
            tolerances: self.tolerances.clone(),
        }
    }
}

/// A version of a gate policy as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GatePolicyView {
    /// `preprod` or `prod`.
    pub environment: String,
    /// 0 for the one that holds until somebody changes it.
    pub version: i64,
    pub state: GatePolicyState,
    pub required: Vec<String>,
    pub may_be_not_computable: Vec<String>,
    pub approvals: Vec<Needed>,
    pub baking_s: i64,
    pub tolerances: Vec<Tolerance>,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub next: Next,
}

impl GatePolicyView {
    fn of(policy: GatePolicy, may_edit: bool) -> Self {
        let next = policy.next(may_edit);
        let Terms { required, may_be_not_computable, approvals, baking_s, tolerances } = policy.terms;
        Self {
            environment: policy.environment,
            version: policy.version,
            state: policy.state,
            required,
            may_be_not_computable,
            approvals,
            baking_s,
            tolerances,
            by: policy.by.0,
            at: policy.at,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadGatePolicy>, list_gates)).with(web::route!(Permit<EditGate>, edit_gate))
}

/// Show what each environment of a project asks of a candidate.
#[utoipa::path(get, path = "/projects/{id}/gates", tag = "delivery", params(("id" = String, Path)),
    responses((status = 200, body = Vec<GatePolicyView>), (status = "default", body = Problem)))]
pub(super) async fn list_gates(
    permit: Permit<ReadGatePolicy>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
) -> Result<Json<Vec<GatePolicyView>>, Problem> {
    let found = service::list(&cx, &permit, &id).await?;
    Ok(Json(found.into_iter().map(|(policy, may_edit)| GatePolicyView::of(policy, may_edit)).collect()))
}

/// Put a new version of an environment's gate policy in force.
#[utoipa::path(post, path = "/projects/{id}/gates/{environment}", tag = "delivery",
    params(("id" = String, Path), ("environment" = String, Path)), request_body = NewGatePolicy,
    responses((status = 200, body = GatePolicyView), (status = "default", body = Problem)))]
pub(super) async fn edit_gate(
    permit: Permit<EditGate>,
    State(cx): State<Context>,
    Path((id, environment)): Path<(ProjectId, String)>,
    Json(new): Json<NewGatePolicy>,
) -> Result<Json<GatePolicyView>, Problem> {
    let policy = service::edit(&cx, &permit, &id, &environment, &new).await?;
    Ok(Json(GatePolicyView::of(policy, true)))
}
