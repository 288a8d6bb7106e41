use super::judge::check_of;
use crate::promotions::Error;
use access::Role;
use base::{Next, PersonId, ProjectId, Resource, Securable, TeamId, Timestamp};
use monitoring::{Better, Tolerance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

base::states! {
    /// Where a version of a gate policy stands.
    GatePolicyState {
        Draft "draft" => Idle "pencil" "Draft" [put_in_force],
        InForce "in_force" => Good "circle-check" "In force" [replace],
        Replaced "replaced" => Idle "archive" "Replaced" [],
    }
}

/// How many approvals one role may be asked for.
const MOST_APPROVALS: i64 = 10;
/// How long a candidate may bake, in seconds.
const LONGEST_BAKING: i64 = 7 * 86_400;
/// How long a rationale may be, in characters.
const LONGEST_RATIONALE: usize = 1_000;
/// Who made the policy that holds until somebody changes it.
pub(crate) const PLATFORM: &str = "lockgate";

/// How many approvals by people with a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NeededApprovals)]
pub struct Needed {
    pub role: Role,
    pub count: i64,
}

/// What a policy asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The checks that have to pass.
    pub required: Vec<String>,
    /// Those of them that may be not computable, visibly.
    pub may_be_not_computable: Vec<String>,
    pub approvals: Vec<Needed>,
    /// How long it has to serve before it counts as live, in seconds.
    pub baking_s: i64,
    pub tolerances: Vec<Tolerance>,
}

impl Terms {
    /// Returns what holds for an environment until somebody says otherwise.
    pub fn usual(environment: &str) -> Self {
        let tolerance = |metric: &str, better, amber, red, rationale: &str| Tolerance {
            metric: metric.to_owned(),
            better,
            amber,
            red,
            rationale: rationale.to_owned(),
        };
        let mut tolerances = vec![
            tolerance("parity_difference", Better::Lower, 1e-4, 1e-3, "single precision in the export explains less"),
            tolerance("parity_labels", Better::Lower, 0.0, 0.001, "a label may flip at the very threshold only"),
            tolerance("auc", Better::Higher, 0.7, 0.6, "0.5 is chance"),
            tolerance("accuracy", Better::Higher, 0.65, 0.55, "0.5 is chance where outcomes are even"),
            tolerance("demographic_parity", Better::Lower, 0.1, 0.2, "a usual limit for the difference of rates"),
        ];
        tolerances.extend(monitoring::usual());
        let is_prod = environment == "prod";
        Self {
            required: ["parity", "quality", "bias"].map(str::to_owned).to_vec(),
            may_be_not_computable: vec!["bias".to_owned()],
            approvals: if is_prod { vec![Needed { role: Role::ModelValidator, count: 1 }] } else { Vec::new() },
            baking_s: if is_prod { 600 } else { 0 },
            tolerances,
        }
    }

    /// Returns what `to` lets pass that these terms do not, if anything. How long a candidate bakes is no test that it has to pass.
    pub fn loosened_by(&self, to: &Self) -> Option<String> {
        if let Some(name) = self.required.iter().find(|name| !to.required.contains(name)) {
            return Some(format!("check `{name}` is required no more"));
        }
        let excused = |name: &&String| self.required.contains(name) && !self.may_be_not_computable.contains(name);
        if let Some(name) = to.may_be_not_computable.iter().find(excused) {
            return Some(format!("check `{name}` may be not computable"));
        }
        for needed in &self.approvals {
            let count = to.approvals.iter().find(|other| other.role == needed.role).map_or(0, |other| other.count);
            if count < needed.count {
                return Some(format!("fewer approvals by role `{}` are asked for", needed.role));
            }
        }
        self.tolerances.iter().find_map(|limit| {
            let name = &limit.metric;
            let Some(other) = to.tolerances.iter().find(|other| other.metric == *name) else {
                return Some(format!("`{name}` has no limit any more"));
            };
            let beyond = |new, old| limit.better.is_beyond(new, old);
            let moved = beyond(other.amber, limit.amber) || beyond(other.red, limit.red);
            moved.then(|| format!("a limit of `{name}` lies further out"))
        })
    }

    /// Checks what somebody wants to be in force.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&self, environment: &str) -> Result<(), Error> {
        let bad = |why: String| Err(Error::Policy(why));
        let shown = |text: &str| crate::shown(text, 60);
        for (at, name) in self.required.iter().enumerate() {
            if !crate::release::REQUIRED.contains(&name.as_str()) {
                return bad(format!("`{}` is no check of the platform", shown(name)));
            }
            if self.required[..at].contains(name) {
                return bad(format!("`{}` is required twice", shown(name)));
            }
            let limited = |tolerance: &Tolerance| check_of(&tolerance.metric) == Some(name.as_str());
            if !self.tolerances.iter().any(limited) {
                return bad(format!("check `{}` is required, and none of its metrics has a limit", shown(name)));
            }
        }
        if let Some(name) = self.may_be_not_computable.iter().find(|name| !self.required.contains(name)) {
            return bad(format!("`{}` is not required, so need not be excused", shown(name)));
        }
        for (at, needed) in self.approvals.iter().enumerate() {
            if !(1..=MOST_APPROVALS).contains(&needed.count) {
                return bad(format!("of role `{}` 1 to {MOST_APPROVALS} approvals can be asked for", needed.role));
            }
            if self.approvals[..at].iter().any(|other| other.role == needed.role) {
                return bad(format!("role `{}` stands there twice", needed.role));
            }
        }
        if environment == "prod" && self.approvals.is_empty() {
            return bad("prod asks for one approval at least".into());
        }
        if !(0..=LONGEST_BAKING).contains(&self.baking_s) {
            return bad(format!("`baking_s` lies between 0 and {LONGEST_BAKING}"));
        }
        for (at, tolerance) in self.tolerances.iter().enumerate() {
            let name = shown(&tolerance.metric);
            if check_of(&tolerance.metric).is_none() {
                return bad(format!("`{name}` is no metric of the platform's checks"));
            }
            if tolerance.better != better_of(&tolerance.metric) {
                return bad(format!("of `{name}`, the other way is better"));
            }
            if self.tolerances[..at].iter().any(|other| other.metric == tolerance.metric) {
                return bad(format!("`{name}` stands there twice"));
            }
            if !tolerance.amber.is_finite() || !tolerance.red.is_finite() {
                return bad(format!("the limits of `{name}` are not finite"));
            }
            if tolerance.better.is_beyond(tolerance.amber, tolerance.red) {
                return bad(format!("of `{name}`, amber lies beyond red"));
            }
            let rationale = tolerance.rationale.trim();
            if rationale.is_empty() || rationale.chars().count() > LONGEST_RATIONALE {
                return bad(format!("the limits of `{name}` need a rationale of 1 to {LONGEST_RATIONALE} characters"));
            }
        }
        Ok(())
    }
}

/// A version of the policy of an environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GatePolicy {
    pub project: ProjectId,
    /// `preprod` or `prod`.
    pub environment: String,
    pub team: Option<TeamId>,
    /// 0 for the one that holds until somebody changes it.
    pub version: i64,
    pub state: GatePolicyState,
    pub terms: Terms,
    pub by: PersonId,
    pub at: Timestamp,
}

impl Securable for GatePolicy {
    fn resource(&self) -> Resource {
        let place = format!("{}/{}", self.project, self.environment);
        let (id, scope, team) = (place.clone(), format!("project/{place}"), self.team.clone());
        Resource { kind: "gate_policy", id, scope, team, asker: None, listed: false }
    }
}

/// Returns which way a metric is better: that is the metric's, and for nobody to say.
fn better_of(metric: &str) -> Better {
    match metric {
        "auc" | "accuracy" | "r2" => Better::Higher,
        _ => Better::Lower,
    }
}

impl GatePolicy {
    /// Returns the policy that holds until somebody changes it.
    pub fn usual(project: &projects::Project, environment: &str) -> Self {
        Self {
            project: project.id.clone(),
            environment: environment.to_owned(),
            team: Some(project.team.clone()),
            version: 0,
            state: GatePolicyState::InForce,
            terms: Terms::usual(environment),
            by: PLATFORM.into(),
            at: project.created_at,
        }
    }

    /// Somebody puts other terms in force: this version is replaced. The same terms are the same version, whoever sends them.
    ///
    /// # Errors
    /// Terms that do not fit; a version that was replaced.
    pub fn replace(&self, terms: Terms, by: &PersonId, now: Timestamp) -> Result<Option<(Self, Self)>, Error> {
        terms.check(&self.environment)?;
        if self.state != GatePolicyState::InForce {
            return Err(Error::PolicyMoved { environment: self.environment.clone(), version: self.version });
        }
        // Whoever saves what holds anyway has changed nothing, and is no author for it.
        if self.terms == terms {
            return Ok(None);
        }
        let before = Self { state: GatePolicyState::Replaced, ..self.clone() };
        Ok(Some((before, Self { version: self.version + 1, terms, by: by.clone(), at: now, ..self.clone() })))
    }

    /// Returns who counts as an author for having set the test.
    pub fn editor(&self) -> Option<&PersonId> {
        (self.version > 0).then_some(&self.by)
    }

    /// Returns what its viewer should know.
    pub fn next(&self, may_edit: bool) -> Next {
        let (tone, ..) = self.state.look();
        let asked = self.terms.approvals.iter().map(|needed| format!("{} × {}", needed.count, needed.role));
        let asked: Vec<String> = asked.collect();
        let asked = if asked.is_empty() { "no approval".to_owned() } else { asked.join(", ") };
        let text = format!("Version {}: {} checks, {asked}.", self.version, self.terms.required.len());
        let reason = if self.version == 0 {
            "It holds until somebody changes it".to_owned()
        } else {
            format!("`{}` put it in force", self.by)
        };
        Next { tone, text, reason, action: may_edit.then_some("edit_gate") }
    }
}
