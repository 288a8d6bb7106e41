use base::{PersonId, Resource, Securable, Timestamp};
use git::pushes::Push;
use git::{Linked, Signature, Written};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The address that the platform itself commits under: a template's first commit.
pub(super) const PLATFORM_ADDRESS: &str = "lockgate@lockgate.invalid";

/// One who had a hand in a candidate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Author {
    /// Who it is here.
    pub person: PersonId,
    /// As the commit has it, or their name here.
    pub name: String,
    /// What they did.
    pub why: String,
}

/// Everyone who had a hand in a candidate, counted from what was live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authors {
    pub known: Vec<Author>,
    /// Names in its commits that belong to nobody on record.
    pub unmapped: Vec<String>,
    /// The commit that was live; its own commits do not count. None where nothing was.
    pub since: Option<String>,
    /// The versions of the gate policies whose makers are among them, in the order of the environments that judge it.
    #[serde(default)]
    pub policies: Vec<i64>,
}

impl Authors {
    /// Returns whether they were counted from what is live now, under the gate policies that judge now.
    pub fn are_counted(&self, since: Option<&str>, policies: &[i64]) -> bool {
        self.since.as_deref() == since && self.policies == policies
    }

    /// Returns what a person did for it, if they had a hand in it.
    pub fn hand_of(&self, person: &PersonId) -> Option<&str> {
        self.known.iter().find(|author| author.person == *person).map(|author| author.why.as_str())
    }
}

/// Says to whom an address in commits belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GitAddress {
    /// In lower case.
    pub address: String,
    pub person: PersonId,
    pub mapped_by: PersonId,
    pub mapped_at: Timestamp,
}

impl Securable for GitAddress {
    fn resource(&self) -> Resource {
        let (id, scope) = (self.address.clone(), access::DEPLOYMENT.to_owned());
        Resource { kind: "git_address", id, scope, team: None, asker: None, listed: false }
    }
}

/// What is known of a repository's commits since what was live.
pub(super) struct History<'a> {
    /// The candidate's commit.
    pub commit: &'a str,
    /// It and what it builds on, with whom they name.
    pub written: &'a [Written],
    /// The same, and what other pushes brought: what builds on what.
    pub links: &'a [Linked],
    /// The oldest first.
    pub pushes: &'a [Push],
    /// Commits that were merged, and by whom.
    pub merges: &'a [(String, PersonId)],
    /// Who made the project: the first commit is pushed by the server for them.
    pub maker: &'a PersonId,
}

/// Somebody by name, with what they did: a person here, or the name and address of a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hand {
    Person(PersonId),
    Named {
        name: String,
        address: String,
    },
    /// A branch moved, and nobody knows by whom.
    Nobody(String),
}

/// Returns everyone who pushed, wrote or merged what the candidate is made of, each once with what they did.
pub(super) fn hands(history: &History<'_>) -> BTreeMap<Hand, &'static str> {
    let parents: HashMap<&str, &[String]> =
        history.links.iter().map(|one| (one.id.as_str(), one.parents.as_slice())).collect();
    let range = reach(&parents, history.commit, &HashSet::new());
    let mut found = BTreeMap::new();
    for written in history.written.iter().filter(|one| range.contains(one.id.as_str())) {
        found.entry(named(&written.author)).or_insert("wrote a commit of it");
        for one in &written.co_authors {
            found.entry(named(one)).or_insert("is named as co-author of a commit");
        }
    }
    // Whoever first pushed a commit, under whatever branch, is its pusher; those who push it again only have it too.
    let mut seen: HashSet<&str> = HashSet::new();
    for push in history.pushes {
        let Some(new) = &push.new else { continue };
        let brought = reach(&parents, new, &seen);
        if brought.iter().any(|commit| range.contains(commit)) {
            let (hand, what) = match &push.pusher {
                Some(pusher) if pusher.as_str() == git::MAKER => {
                    (Hand::Person(history.maker.clone()), "made the project")
                }
                Some(pusher) => (Hand::Person(pusher.clone()), "pushed it"),
                None => {
                    (Hand::Nobody(format!("whoever moved `{}`", crate::shown(&push.reference, 100))), "moved a branch")
                }
            };
            found.insert(hand, what);
        }
        seen.extend(brought);
    }
    for (commit, by) in history.merges {
        if range.contains(commit.as_str()) {
            found.entry(Hand::Person(by.clone())).or_insert("merged it");
        }
    }
    found
}

fn named(signature: &Signature) -> Hand {
    let address = signature.email.trim().to_lowercase();
    Hand::Named { name: crate::shown(&signature.name, 100), address: crate::shown(&address, 200) }
}

/// Returns `from` and all that it builds on, as far as it is known and not `seen`.
fn reach<'a>(parents: &HashMap<&'a str, &'a [String]>, from: &str, seen: &HashSet<&'a str>) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    let mut todo: Vec<&str> = vec![from];
    while let Some(id) = todo.pop() {
        let Some((id, behind)) = parents.get_key_value(id) else { continue };
        if !seen.contains(id) && found.insert(*id) {
            todo.extend(behind.iter().map(String::as_str));
        }
    }
    found
}

/// Returns the person here whose name an address begins with, if it could be one.
pub(super) fn person_in(address: &str) -> Option<PersonId> {
    let (name, _) = address.split_once('@')?;
    let name = name.split('+').next().unwrap_or(name);
    base::plain_name(name).ok().map(PersonId::from)
}

/// Puts together who is known and who is not. `belongs` says to whom an address belongs, and who said so.
pub(super) fn settle(
    hands: &BTreeMap<Hand, &'static str>,
    belongs: &BTreeMap<String, (PersonId, Option<PersonId>)>,
    others: &[(PersonId, &'static str)],
    maker: &PersonId,
) -> (Vec<Author>, Vec<String>) {
    let (mut known, mut unmapped) = (BTreeMap::new(), BTreeSet::new());
    let mut add = |person: &PersonId, name: &str, why: String| {
        known.entry(person.clone()).or_insert_with(|| Author { person: person.clone(), name: name.to_owned(), why });
    };
    for (person, why) in others {
        add(person, person.as_str(), (*why).to_owned());
    }
    for (hand, why) in hands {
        match hand {
            Hand::Person(person) => add(person, person.as_str(), (*why).to_owned()),
            Hand::Nobody(what) => drop(unmapped.insert(what.clone())),
            Hand::Named { address, .. } if address == PLATFORM_ADDRESS => {
                add(maker, maker.as_str(), "made the project".to_owned());
            }
            Hand::Named { name, address } => match belongs.get(address) {
                Some((person, said_by)) => {
                    add(person, name, (*why).to_owned());
                    // Else whoever says so could take a hand of their own out of it.
                    if let Some(said_by) = said_by {
                        add(said_by, said_by.as_str(), format!("said to whom `{address}` belongs"));
                    }
                }
                None => drop(unmapped.insert(format!("{name} <{address}>"))),
            },
        }
    }
    (known.into_values().collect(), unmapped.into_iter().collect())
}
