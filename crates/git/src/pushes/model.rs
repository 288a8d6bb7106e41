use crate::names::{HEADS, MAIN, TAGS, branch_name, is_id, shown};
use base::{Bytes, Fault, Kind, Next, PersonId, ProjectId, Timestamp, Tone};
use serde::Serialize;
use std::collections::BTreeMap;

base::states! {
    /// Where the record of a push stands. The verbs are the server's own; nobody calls them.
    PushState {
        Recorded "recorded" => Working "loader-2" "Recorded" [apply drop],
        Applied "applied" => Good "git-commit" "Pushed" [],
        // Its git may outlive a killed server and still move the ref.
        Dropped "dropped" => Idle "circle-x" "Not carried out" [apply],
        Unexplained "unexplained" => Bad "alert-triangle" "Moved without a push" [],
    }
}

/// How long after it was dropped a record may still explain a move.
const STRAGGLES: i64 = 3_600;

/// The largest commit that is taken: who wrote what is read of all of them, again and again.
pub(crate) const MOST_COMMIT: Bytes = Bytes(64 << 10);

/// The record of one move of a branch or tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Push {
    /// Ids of one repository sort by time.
    pub id: String,
    pub project: ProjectId,
    /// In full: `refs/heads/main`.
    pub reference: String,
    /// The commit before; `None` where the ref was made.
    pub old: Option<String>,
    /// The commit after; `None` where the ref was deleted.
    pub new: Option<String>,
    /// Who, by their token; `None` if nobody knows.
    pub pusher: Option<PersonId>,
    pub state: PushState,
    /// Whether commits were taken away from the branch; known once it is applied.
    pub rewritten: bool,
    pub recorded_at: Timestamp,
    pub settled_at: Option<Timestamp>,
    pub revision: i64,
}

/// Where a ref stands as far as the records tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) reference: String,
    pub(crate) commit: String,
    /// The record that brought it there.
    pub(crate) push: String,
    pub(crate) pusher: Option<PersonId>,
    pub(crate) moved_at: Timestamp,
}

/// One line that git hands to its hooks: a ref that is to move, or has moved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Line {
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    pub(crate) reference: String,
}

/// Why a push is refused, in words for the person at the other end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("this push cannot be read")]
    Unreadable,
    #[error("`{MAIN}` moves by merge only: push a branch (`git push origin HEAD:my-change`) and ask for its merge")]
    Main,
    #[error("tag `{0}` stays where it is: make a new one")]
    TagMoves(String),
    #[error("`{0}` is neither a branch nor a tag: only `refs/heads/` and `refs/tags/` are kept here")]
    NoBranch(String),
    #[error("`{name}` cannot be a name here: {why}")]
    Name { name: String, why: &'static str },
    #[error(
        "commit `{0}` is larger than {MOST_COMMIT}: shorten its message (`git commit --amend`, or `git rebase --interactive` and \
         `reword`), then push again"
    )]
    LargeCommit(String),
    #[error("it names more than {0} branches and tags: push them in parts")]
    TooMany(usize),
    #[error("the repository would have more than {0} branches and tags: delete old ones first")]
    Full(usize),
}

impl Fault for Refusal {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::Unreadable => (Kind::Invalid, "git.protocol"),
            Self::Main => (Kind::Conflict, "git.main_is_protected"),
            Self::TagMoves(_) => (Kind::Conflict, "git.tag_stays"),
            Self::NoBranch(_) | Self::Name { .. } => (Kind::Invalid, "git.bad_branch"),
            Self::LargeCommit(_) => (Kind::TooLarge, "git.commit_too_large"),
            Self::TooMany(_) | Self::Full(_) => (Kind::TooMany, "git.too_many_refs"),
        }
    }
}

impl Line {
    /// Reads what git writes: `old new ref`, a line each.
    pub(crate) fn parse(text: &[u8]) -> Result<Vec<Self>, Refusal> {
        let text = std::str::from_utf8(text).map_err(|_| Refusal::Unreadable)?;
        let line = |line: &str| {
            let (old, rest) = line.split_once(' ')?;
            let (new, reference) = rest.split_once(' ')?;
            let id = |id: &str| is_id(id).then(|| (id.bytes().any(|byte| byte != b'0')).then(|| id.to_owned()));
            Some(Self { old: id(old)?, new: id(new)?, reference: reference.to_owned() })
        };
        text.lines().map(|text| line(text).ok_or(Refusal::Unreadable)).collect()
    }
}

/// Decides whether a push may go on: all of it or nothing. `known` is how many refs there are.
pub(crate) fn check(lines: &[Line], known: usize, most_lines: usize, most_refs: usize) -> Result<(), Refusal> {
    if lines.len() > most_lines {
        return Err(Refusal::TooMany(most_lines));
    }
    for line in lines {
        let (name, is_tag) = match (line.reference.strip_prefix(HEADS), line.reference.strip_prefix(TAGS)) {
            (Some(name), _) => (name, false),
            (_, Some(name)) => (name, true),
            _ => return Err(Refusal::NoBranch(shown(&line.reference))),
        };
        if !is_tag && name == MAIN {
            return Err(Refusal::Main);
        }
        if is_tag && name.eq_ignore_ascii_case(MAIN) && line.new.is_some() {
            return Err(Refusal::Name { name: shown(name), why: "a tag of that name would be taken for the branch" });
        }
        if is_tag && line.old.is_some() {
            return Err(Refusal::TagMoves(shown(name)));
        }
        match branch_name(name) {
            // What has such a name all the same may at least go.
            Err(crate::Error::BadBranch { name, why }) if line.new.is_some() => {
                return Err(Refusal::Name { name, why });
            }
            _ => {}
        }
    }
    let made = lines.iter().filter(|line| line.old.is_none()).count();
    if made > 0 && known + made > most_refs {
        return Err(Refusal::Full(most_refs));
    }
    Ok(())
}

impl Push {
    /// Records that `line` is about to happen.
    pub(crate) fn record(id: String, project: &ProjectId, line: &Line, pusher: &PersonId, now: Timestamp) -> Self {
        Self {
            id,
            project: project.clone(),
            reference: line.reference.clone(),
            old: line.old.clone(),
            new: line.new.clone(),
            pusher: Some(pusher.clone()),
            state: PushState::Recorded,
            rewritten: false,
            recorded_at: now,
            settled_at: None,
            revision: 0,
        }
    }

    /// Records that a ref was seen somewhere that no push brought it to.
    pub(crate) fn unexplained(id: String, project: &ProjectId, line: &Line, now: Timestamp) -> Self {
        let state = PushState::Unexplained;
        Self {
            pusher: None,
            state,
            settled_at: Some(now),
            ..Self::record(id, project, line, &PersonId(String::new()), now)
        }
    }

    /// Returns the branch, without `refs/heads/`; `None` for a tag.
    pub fn branch(&self) -> Option<&str> {
        self.reference.strip_prefix(HEADS)
    }

    /// The ref was seen where this push was to bring it. `None` if that was known.
    pub(crate) fn apply(&self, rewritten: bool, now: Timestamp) -> Option<Self> {
        let fits = matches!(self.state, PushState::Recorded | PushState::Dropped);
        fits.then(|| Self { state: PushState::Applied, rewritten, settled_at: Some(now), ..self.clone() })
    }

    /// The push has ended, and the ref was not moved by it. `None` if its end was known.
    pub(crate) fn drop(&self, now: Timestamp) -> Option<Self> {
        let fits = self.state == PushState::Recorded;
        fits.then(|| Self { state: PushState::Dropped, settled_at: Some(now), ..self.clone() })
    }

    /// Returns whether this record may explain a move that is seen at `now`.
    fn may_explain(&self, now: Timestamp) -> bool {
        match (self.state, self.settled_at) {
            (PushState::Recorded, _) => true,
            (PushState::Dropped, Some(at)) => now < at.plus_seconds(STRAGGLES),
            _ => false,
        }
    }

    /// Returns what a viewer should know.
    pub fn next(&self) -> Next {
        let (tone, _, _) = self.state.look();
        let (tone, text, reason) = match self.state {
            PushState::Recorded => (tone, "Under way.", "Within minutes it is compared with the repository."),
            PushState::Applied if self.rewritten => (
                Tone::Warn,
                "Pushed; commits were taken away from the branch.",
                "They can still be reached by their id.",
            ),
            PushState::Applied => (tone, "Pushed.", "Checks belong to the commit, not to the branch."),
            PushState::Dropped => (tone, "Not carried out.", "It was cut off before the branch moved: push again."),
            PushState::Unexplained => (
                tone,
                "Moved without a push.",
                "Somebody changed the repository on the server's disk; tell your administrator.",
            ),
        };
        Next { tone, text: text.into(), reason: reason.into(), action: None }
    }
}

/// What became of the records of a repository, now that its refs were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settlement {
    /// Moves that happened, in their order.
    pub(crate) applied: Vec<Push>,
    /// Records of moves that did not happen.
    pub(crate) dropped: Vec<Push>,
    /// Moves without a record.
    pub(crate) unexplained: Vec<Line>,
}

/// Compares the refs on the disk with the tips known and the records. Nobody moves refs meanwhile.
pub(crate) fn compare(
    disk: &BTreeMap<String, String>,
    tips: &BTreeMap<String, String>,
    records: &[Push],
    now: Timestamp,
) -> Settlement {
    let mut settled = Settlement::default();
    let mut names: Vec<&String> = disk.keys().chain(tips.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (old, new) = (tips.get(name), disk.get(name));
        if old == new {
            continue;
        }
        let of_it: Vec<&Push> =
            records.iter().filter(|push| push.reference == *name && push.may_explain(now)).collect();
        if let Some(pushes) = way(&of_it, old, new) {
            settled.applied.extend(pushes.into_iter().cloned());
        } else {
            let (old, new) = (old.cloned(), new.cloned());
            settled.unexplained.push(Line { old, new, reference: name.clone() });
        }
    }
    settled.applied.sort_by(|a, b| (a.recorded_at, &a.id).cmp(&(b.recorded_at, &b.id)));
    let open = records.iter().filter(|push| push.state == PushState::Recorded);
    settled.dropped =
        open.filter(|push| !settled.applied.iter().any(|applied| applied.id == push.id)).cloned().collect();
    settled
}

/// Returns records, oldest first, that lead from `old` to `new`, each used once; the shortest such way.
fn way<'r>(records: &[&'r Push], old: Option<&String>, new: Option<&String>) -> Option<Vec<&'r Push>> {
    // By breadth: (where we are, the records that led here).
    let mut reached: Vec<(Option<&String>, Vec<&'r Push>)> = vec![(old, Vec::new())];
    let mut seen = vec![old];
    let mut looked_at = 0;
    while looked_at < reached.len() {
        let (here, so_far) = reached[looked_at].clone();
        looked_at += 1;
        // The newest first: of two records of the same move, the older one failed.
        for push in records.iter().rev().filter(|push| push.old.as_ref() == here) {
            let mut led = so_far.clone();
            led.push(push);
            if push.new.as_ref() == new {
                return Some(led);
            }
            if !seen.contains(&push.new.as_ref()) {
                seen.push(push.new.as_ref());
                reached.push((push.new.as_ref(), led));
            }
        }
    }
    None
}
