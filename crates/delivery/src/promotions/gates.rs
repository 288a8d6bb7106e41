//! The gates of an environment, one by one: which are open, which wait for whom, which are closed and why.
use super::{Facts, PROD, Promotion, PromotionKind, PromotionState};
use crate::versions::ReleasedState;
use access::{Right, Role};
use base::{PersonId, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

base::states! {
    /// How a gate stands.
    GateState {
        Passed "passed" => Good "circle-check" "Open" [],
        Open "open" => Waiting "user-question" "Waits for people" [],
        Failed "failed" => Bad "circle-x" "Closed" [],
        Waiting "waiting" => Working "hourglass" "Waits" [],
    }
}

/// The gate that is passed behind the others.
pub(super) const VERIFICATION: &str = "verification";

/// One gate of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PromotionGate)]
pub struct Gate {
    /// `checks`, `previous_environment`, `version`, `grants`, `authors`, `holds`, `approvals` or `verification`.
    pub name: &'static str,
    pub state: GateState,
    /// What it found, or what it waits for.
    pub note: String,
}

fn gate(name: &'static str, state: GateState, note: impl Into<String>) -> Gate {
    Gate { name, state, note: note.into() }
}

/// Returns every gate that a promotion of this kind goes through, in their order. Without a promotion: as they would be.
pub(crate) fn gates(kind: PromotionKind, promotion: Option<&Promotion>, facts: &Facts) -> Vec<Gate> {
    let mut all = Vec::new();
    if kind != PromotionKind::Rollback {
        all.push(checks(facts));
        all.extend(previous(facts));
    }
    all.push(version(kind, promotion, facts));
    all.push(grants(facts));
    if kind != PromotionKind::Rollback {
        all.push(authors(promotion, facts));
        all.push(holds(facts));
        all.push(approvals(promotion, facts));
    }
    all.push(verification(promotion));
    all
}

fn checks(facts: &Facts) -> Gate {
    match facts.in_the_way.as_slice() {
        [] => gate(
            "checks",
            GateState::Passed,
            format!("{} are within tolerances", facts.policy.terms.required.join(", ")),
        ),
        ways => gate("checks", GateState::Failed, ways.join("; ")),
    }
}

fn previous(facts: &Facts) -> Option<Gate> {
    let name = "previous_environment";
    Some(match facts.verified_before.as_ref()? {
        Ok(()) => gate(name, GateState::Passed, "it was live in preprod"),
        Err(why) => gate(name, GateState::Failed, why.clone()),
    })
}

fn version(kind: PromotionKind, promotion: Option<&Promotion>, facts: &Facts) -> Gate {
    let model = facts.candidate.model();
    let named = format!("`{}` version {}", model.model, model.version);
    let begins = promotion.is_none_or(|promotion| !promotion.state.is_moving());
    let asked_at = promotion.and_then(|promotion| promotion.asked_at);
    if kind == PromotionKind::Resume && begins && !facts.may_answer_again(asked_at) {
        let note = format!("{named} is not what is live and suspended here any more");
        return gate("version", GateState::Failed, note);
    }
    // Nobody approves outside of prod, so nobody would have decided that what was suspended answers again.
    let resumes = kind == PromotionKind::Resume && facts.policy.environment == PROD;
    match (facts.version, resumes) {
        (ReleasedState::Suspended, true) => {
            gate("version", GateState::Passed, format!("{named} is suspended, and answers again"))
        }
        (ReleasedState::Suspended | ReleasedState::Withdrawn, _) => {
            gate("version", GateState::Failed, format!("{named} is {}", facts.version))
        }
        (found, _) => gate("version", GateState::Passed, format!("{named} is {found}")),
    }
}

fn grants(facts: &Facts) -> Gate {
    match &facts.grant_ended {
        None if facts.candidate.grants.is_empty() => gate("grants", GateState::Passed, "no governed data is behind it"),
        None => gate("grants", GateState::Passed, "every grant that it was trained under is in force"),
        Some(grant) => gate(
            "grants",
            GateState::Failed,
            format!("grant `{grant}`, that it was trained under, is in force no more"),
        ),
    }
}

fn authors(promotion: Option<&Promotion>, facts: &Facts) -> Gate {
    if facts.policy.terms.approvals.is_empty() {
        return gate("authors", GateState::Passed, "nobody approves here, so nobody is kept from it");
    }
    let authors = match promotion {
        Some(promotion) => promotion.authors.as_ref(),
        None => Some(&facts.candidate.authors),
    };
    match authors {
        None => gate("authors", GateState::Waiting, "it is found out who had a hand in it"),
        Some(authors) if authors.unmapped.is_empty() => {
            let named: Vec<String> = authors.known.iter().map(|author| format!("`{}`", author.person)).collect();
            gate("authors", GateState::Passed, format!("{} had a hand in it, and approve nothing", named.join(", ")))
        }
        Some(authors) => {
            let named: Vec<String> = authors.unmapped.iter().map(|name| format!("`{name}`")).collect();
            gate("authors", GateState::Failed, format!("{} belongs to nobody on record", named.join(", ")))
        }
    }
}

fn holds(facts: &Facts) -> Gate {
    match facts.holds.as_slice() {
        [] => gate("holds", GateState::Passed, "no hold is placed"),
        [hold, ..] => gate("holds", GateState::Waiting, format!("`{}` holds it: {}", hold.by, hold.reason)),
    }
}

fn approvals(promotion: Option<&Promotion>, facts: &Facts) -> Gate {
    let needed: i64 = facts.policy.terms.approvals.iter().map(|needed| needed.count).sum();
    if needed == 0 {
        return gate("approvals", GateState::Passed, "the policy asks for none");
    }
    let given = promotion.map_or(0, |promotion| counted(promotion, facts));
    let state = if given >= needed { GateState::Passed } else { GateState::Open };
    let asked = facts.policy.terms.approvals.iter().map(|needed| format!("{} × {}", needed.count, needed.role));
    gate("approvals", state, format!("{given} of {needed}: {}", asked.collect::<Vec<_>>().join(", ")))
}

/// Returns how many of the approvals that policy asks for are given: each person counts for one role, holds it now, and got it from
/// somebody else before the promotion was asked for.
fn counted(promotion: &Promotion, facts: &Facts) -> i64 {
    let Some(asked_at) = promotion.asked_at else { return 0 };
    // Somebody may turn out to have had a hand in it after they approved: something older is live now.
    let is_author = |person: &PersonId| {
        promotion.asked_by == *person
            || promotion.authors.as_ref().is_none_or(|authors| authors.hand_of(person).is_some())
    };
    let approved = promotion.valid_approvals().map(|approval| &approval.by);
    let people: BTreeSet<&PersonId> = approved.filter(|person| !is_author(person)).collect();
    let people: Vec<&PersonId> = people.into_iter().collect();
    let mut places: Vec<Role> = Vec::new();
    for needed in &facts.policy.terms.approvals {
        places.extend((0..needed.count).map(|_| needed.role));
    }
    let fits = |person: &PersonId, role: Role| holds_role(&facts.holders, person, role, asked_at);
    // Whom each place is given to; each person looks for one, and may move another who has a second choice.
    let mut given: Vec<Option<usize>> = vec![None; places.len()];
    for person in 0..people.len() {
        let mut tried = vec![false; places.len()];
        place(person, &people, &places, &mut given, &mut tried, &fits);
    }
    i64::try_from(given.iter().flatten().count()).unwrap_or(i64::MAX)
}

fn place(
    person: usize,
    people: &[&PersonId],
    places: &[Role],
    given: &mut [Option<usize>],
    tried: &mut [bool],
    fits: &impl Fn(&PersonId, Role) -> bool,
) -> bool {
    for at in 0..places.len() {
        if tried[at] || !fits(people[person], places[at]) {
            continue;
        }
        tried[at] = true;
        let free = match given[at] {
            None => true,
            Some(other) => place(other, people, places, given, tried, fits),
        };
        if free {
            given[at] = Some(person);
            return true;
        }
    }
    false
}

fn holds_role(holders: &BTreeMap<Role, Vec<Right>>, person: &PersonId, role: Role, asked_at: Timestamp) -> bool {
    let held = holders.get(&role).map_or(&[][..], Vec::as_slice);
    held.iter().any(|right| right.holder == *person && right.is_independent(asked_at))
}

fn verification(promotion: Option<&Promotion>) -> Gate {
    let (state, note) = match promotion.map(|promotion| (promotion.state, promotion)) {
        Some((PromotionState::Live | PromotionState::Superseded, _)) => {
            (GateState::Passed, "it was verified".to_owned())
        }
        Some((PromotionState::Failed | PromotionState::RolledBack, promotion)) if promotion.bakes_until.is_some() => {
            (GateState::Failed, promotion.reason.clone().unwrap_or_default())
        }
        Some((PromotionState::Verifying, promotion)) => {
            let note = match (&promotion.run, promotion.bakes_until) {
                (Some(run), _) => format!("run `{run}` calls the endpoint"),
                (None, Some(until)) => format!("it serves, and counts as live from {until} on"),
                (None, None) => "it begins within seconds".to_owned(),
            };
            (GateState::Waiting, note)
        }
        _ => (GateState::Waiting, "it follows once the candidate serves".to_owned()),
    };
    gate(VERIFICATION, state, note)
}
