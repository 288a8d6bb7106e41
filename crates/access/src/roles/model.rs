use base::{PersonId, Principal, Resource, TeamId, Timestamp, nearest, plain_name};
use serde::{Deserialize, Serialize};

/// A built-in role, in the company's three lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    ModelDeveloper,
    ModelOwner,
    ModelValidator,
    DataSteward,
    DataProtection,
    ChangeManager,
    Auditor,
    PlatformAdministrator,
}

/// A word that names no role.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not a role")]
pub struct UnknownRole(pub String);

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::ModelDeveloper,
        Self::ModelOwner,
        Self::ModelValidator,
        Self::DataSteward,
        Self::DataProtection,
        Self::ChangeManager,
        Self::Auditor,
        Self::PlatformAdministrator,
    ];

    /// Returns the word that is stored, sent and named by policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelDeveloper => "model_developer",
            Self::ModelOwner => "model_owner",
            Self::ModelValidator => "model_validator",
            Self::DataSteward => "data_steward",
            Self::DataProtection => "data_protection",
            Self::ChangeManager => "change_manager",
            Self::Auditor => "auditor",
            Self::PlatformAdministrator => "platform_administrator",
        }
    }

    /// Returns the built-in group that gives this role deployment-wide.
    pub fn group(self) -> &'static str {
        match self {
            Self::ModelDeveloper => "model-developers",
            Self::ModelOwner => "model-owners",
            Self::ModelValidator => "model-validators",
            Self::DataSteward => "data-stewards",
            Self::DataProtection => "data-protection",
            Self::ChangeManager => "change-managers",
            Self::Auditor => "auditors",
            Self::PlatformAdministrator => "platform-admins",
        }
    }

    /// Returns whether those who hold it make, own or validate models: what a project's people do, wherever they hold it.
    pub fn works_on_models(self) -> bool {
        matches!(self, Self::ModelDeveloper | Self::ModelOwner | Self::ModelValidator)
    }

    /// Returns whether it may be held for the whole deployment by an assignment; built-in groups are their own shorthand.
    pub fn may_be_deployment_wide(self) -> bool {
        matches!(self, Self::PlatformAdministrator | Self::Auditor | Self::DataProtection)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;
    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// What a role is held for: a path with all below it, or a team with all it owns. As text `lake/retail`, `deployment`
/// or `team:retail`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A path, outermost part first.
    Scope(String),
    /// All that a team owns.
    Team(TeamId),
}

/// A text that names no place, and what to write instead.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{text}` is not a place: {instead}")]
pub struct BadPlace {
    text: String,
    instead: String,
}

/// The path of everything.
pub const DEPLOYMENT: &str = "deployment";

/// What the things of a lake, and those of a project and its environments, lie below. A role held below anything else
/// would cover nothing.
const LAKE: &str = "lake";
const PROJECT: &str = "project";

/// The longest path, in bytes.
const LONGEST: usize = 512;

impl Place {
    /// Returns the place that covers everything.
    pub fn deployment() -> Self {
        Self::Scope(DEPLOYMENT.to_owned())
    }

    /// Returns whether it is the place that covers everything.
    pub fn is_deployment(&self) -> bool {
        matches!(self, Self::Scope(path) if path == DEPLOYMENT)
    }

    /// Returns whether a role held here counts for `resource`.
    pub fn covers(&self, resource: &Resource) -> bool {
        match self {
            Self::Team(team) => resource.team.as_ref() == Some(team),
            Self::Scope(path) => path == DEPLOYMENT || lies_in(&resource.scope, path),
        }
    }

    /// Reads a place as a row holds it. Earlier releases took a path of any kind, which covers nothing: such a role is
    /// still listed, and can be ended.
    pub(super) fn of_row(text: &str) -> Result<Self, BadPlace> {
        Self::read(text).ok_or_else(|| BadPlace::of(text))
    }

    fn read(text: &str) -> Option<Self> {
        if text == DEPLOYMENT {
            return Some(Self::deployment());
        }
        if let Some(team) = text.strip_prefix("team:") {
            return plain_name(team).ok().map(|team| Self::Team(team.into()));
        }
        let (kind, path) = text.split_once('/')?;
        let part_fits = |part: &str| {
            let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            (1..=128).contains(&part.len()) && part.chars().all(letters)
        };
        let fits = text.len() <= LONGEST && kind != DEPLOYMENT && path.split('/').all(part_fits);
        (fits && plain_name(kind).is_ok()).then(|| Self::Scope(text.to_owned()))
    }

    /// Returns whether something can lie there, whether or not it does yet.
    fn can_hold_things(&self) -> bool {
        let Self::Scope(path) = self else { return true };
        let plain = |name: &str| plain_name(name).is_ok();
        let mut parts = path.split('/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(DEPLOYMENT), None, ..) => true,
            (Some(LAKE), Some(lake), ..) => plain(lake),
            (Some(PROJECT), Some(project), None, _) => plain(project),
            (Some(PROJECT), Some(project), Some(environment), None) => plain(project) && plain(environment),
            _ => false,
        }
    }
}

impl BadPlace {
    fn of(text: &str) -> Self {
        let instead = match meant(text) {
            Some(place) => format!("did you mean `{place}`?"),
            None => "expected `deployment`, `team:NAME`, or a path such as `lake/retail` or `project/credit-risk/prod`"
                .into(),
        };
        Self { text: text.chars().take(200).flat_map(char::escape_debug).collect(), instead }
    }
}

/// Returns the place that `text` was probably meant to be: `team:retail` for `team/retail`, `lake/retail` for `lakes/retail`.
fn meant(text: &str) -> Option<Place> {
    if text.len() > LONGEST {
        return None;
    }
    let Some(at) = text.find(['/', ':']) else {
        return nearest(text, [DEPLOYMENT]).map(|_| Place::deployment());
    };
    let (word, path) = (text[..at].to_ascii_lowercase(), text[at + 1..].trim_matches('/').replace('.', "/"));
    // An environment lies below its project.
    let kind = if word.starts_with("environment") { PROJECT } else { nearest(&word, [LAKE, PROJECT, "team"])? };
    let place = if kind == "team" { format!("team:{path}") } else { format!("{kind}/{path}") };
    Place::read(&place).filter(Place::can_hold_things)
}

/// Returns whether `scope` is `path` or lies below it.
fn lies_in(scope: &str, path: &str) -> bool {
    scope.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scope(path) => f.write_str(path),
            Self::Team(team) => write!(f, "team:{team}"),
        }
    }
}

impl std::str::FromStr for Place {
    type Err = BadPlace;
    fn from_str(text: &str) -> Result<Self, BadPlace> {
        Self::read(text).filter(Self::can_hold_things).ok_or_else(|| BadPlace::of(text))
    }
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The right behind a decision: who holds it, who gave it, since when. What asking sides and listed things give to all
/// counts as given by the holder at the beginning of time, so it never makes a decider independent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Right {
    /// The person; `operator` for the local operator, the environment's name for an attempt.
    pub holder: PersonId,
    /// The role that carries it, if one does.
    pub role: Option<Role>,
    /// Who gave it.
    pub given_by: PersonId,
    /// Since when.
    pub given_at: Timestamp,
}

impl Right {
    /// Returns whether it makes its holder independent of who asked at `asked_at`: given by someone else, and before that.
    pub fn is_independent(&self, asked_at: Timestamp) -> bool {
        self.given_by != self.holder && self.given_at < asked_at
    }
}

/// A role that someone holds for a place, with who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    pub role: Role,
    pub place: Place,
    pub given_by: PersonId,
    pub given_at: Timestamp,
}

impl Holding {
    /// Returns this holding as it reaches a member of the group that holds it: not before both were given, and given by
    /// the member if either was, so that nobody makes themselves independent through a group.
    #[must_use]
    pub fn through(&self, member: &PersonId, given_by: &PersonId, given_at: Timestamp) -> Self {
        let own = given_by == member || self.given_by == *member;
        let giver = if own {
            member.clone()
        } else if given_at > self.given_at {
            given_by.clone()
        } else {
            self.given_by.clone()
        };
        Self { given_by: giver, given_at: given_at.max(self.given_at), ..self.clone() }
    }
}

/// A role given to a person or group for a place; it ends, and is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleAssignment {
    pub id: String,
    pub holder: Principal,
    pub role: Role,
    pub place: Place,
    pub given_by: PersonId,
    pub given_at: Timestamp,
    pub ended: Option<Ended>,
}

/// When something ended, and who ended it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ended {
    pub at: Timestamp,
    pub by: PersonId,
}

impl base::Securable for RoleAssignment {
    fn resource(&self) -> Resource {
        let (scope, team) = match &self.place {
            Place::Scope(path) => (path.clone(), None),
            Place::Team(team) => (DEPLOYMENT.to_owned(), Some(team.clone())),
        };
        let (kind, id) = ("role_assignment", self.id.clone());
        Resource { kind, id, scope, team, asker: Some(self.holder.clone()), listed: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scope: &str, team: Option<&str>) -> Resource {
        let (kind, id, team) = ("dataset", "d".to_owned(), team.map(TeamId::from));
        Resource { kind, id, scope: scope.to_owned(), team, asker: None, listed: false }
    }

    #[test]
    fn a_place_covers_itself_and_what_lies_below() {
        let covers = |place: &str, scope, team| place.parse::<Place>().unwrap().covers(&at(scope, team));
        assert!(covers("lake/retail", "lake/retail/core/customers", None));
        assert!(covers("lake/retail", "lake/retail", None));
        assert!(!covers("lake/retail", "lake/retail-eu", None), "a name is not a prefix of another");
        assert!(!covers("lake/retail/core", "lake/retail", None));
        assert!(covers("deployment", "lake/retail", None));
        assert!(!covers("lake/retail", "deployment", None));
        assert!(covers("team:retail", "lake/x", Some("retail")) && !covers("team:retail", "lake/x", None));
    }

    #[test]
    fn a_place_is_written_one_way() {
        for good in
            ["deployment", "team:retail", "lake/retail", "lake/retail/core/Customers_1", "project/credit-risk/prod"]
        {
            assert_eq!(good.parse::<Place>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "lake",
            "lake/",
            "lake//x",
            "/lake",
            "lake/..",
            "lake/a b",
            "deployment/x",
            "team:",
            "team:A",
            "lake/a%",
            "lake/Retail",
            "project/credit-risk/prod/x",
            "project/credit-risk/Prod",
            "person/ana",
            "dataset/retail",
        ] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_of_no_kind_there_is_names_what_was_meant() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let refused = text.parse::<Place>().unwrap_err().to_string();
            assert_eq!(refused, format!("`{text}` is not a place: {expected}"));
        }
        check("team/zteam", "did you mean `team:zteam`?");
        check("lakes/retail", "did you mean `lake/retail`?");
        check("lake:retail", "did you mean `lake/retail`?");
        check("lake/retail.core.customers", "did you mean `lake/retail/core/customers`?");
        check("projct/x", "did you mean `project/x`?");
        check("environment/credit-risk/prod", "did you mean `project/credit-risk/prod`?");
        check("deploymnt", "did you mean `deployment`?");
        let expected =
            "expected `deployment`, `team:NAME`, or a path such as `lake/retail` or `project/credit-risk/prod`";
        for none in ["", "retail", "endpoint/pd", "team:", "team/A", "lake/a b", "project/a/b/c", "deployment/x"] {
            check(none, expected);
        }
        let long = "x".repeat(600).parse::<Place>().unwrap_err().to_string();
        assert_eq!(long, format!("`{}` is not a place: {expected}", "x".repeat(200)), "what is shown is cut");
    }

    #[test]
    fn a_row_of_an_earlier_release_is_read_and_covers_nothing() {
        let old = Place::of_row("lakes/retail").unwrap();
        assert_eq!(old.to_string(), "lakes/retail");
        assert!(!old.covers(&at("lake/retail", None)));
        assert!(Place::of_row("lake/..").is_err());
    }

    #[test]
    fn a_right_through_a_group_is_as_young_and_as_own_as_its_youngest_part() {
        let group = Holding {
            role: Role::DataSteward,
            place: Place::deployment(),
            given_by: "pat".into(),
            given_at: Timestamp(5),
        };
        let through = |by: &str, when| {
            let holding = group.through(&"dora".into(), &by.into(), Timestamp(when));
            (holding.given_by.0, holding.given_at.0)
        };
        assert_eq!(through("ivo", 3), ("pat".to_owned(), 5));
        assert_eq!(through("ivo", 9), ("ivo".to_owned(), 9));
        assert_eq!(through("dora", 3), ("dora".to_owned(), 5));
        let own = Holding { given_by: "dora".into(), ..group };
        assert_eq!(own.through(&"dora".into(), &"pat".into(), Timestamp(9)).given_by.0, "dora");
    }
}
