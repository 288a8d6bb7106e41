use super::{Level, Proposal};
use crate::search::words;

/// A rule: what it is called, the level, how sure it is, and the runs of words that fire it.
type Rule = (&'static str, Level, f64, &'static [&'static [&'static str]]);

const RULES: &[Rule] = &[
    ("IBAN", Level::Restricted, 0.95, &[&["iban"], &["bank", "account"], &["account", "number"], &["kontonummer"]]),
    (
        "card number",
        Level::Restricted,
        0.9,
        &[&["card", "number"], &["credit", "card", "no"], &["pan"], &["cardnumber"]],
    ),
    (
        "national id",
        Level::Restricted,
        0.9,
        &[
            &["ssn"],
            &["national", "id"],
            &["passport"],
            &["tax", "id"],
            &["nino"],
            &["dni"],
            &["bsn"],
            &["nif"],
            &["steuer", "id"],
            &["social", "security"],
        ],
    ),
    ("secret", Level::Restricted, 0.95, &[&["password"], &["passwd"], &["secret"], &["pin"]]),
    (
        "special category",
        Level::Restricted,
        0.85,
        &[&["religion"], &["ethnicity"], &["race"], &["health"], &["diagnosis"], &["disability"], &["union", "member"]],
    ),
    ("e-mail", Level::Confidential, 0.9, &[&["email"], &["e", "mail"], &["mail"], &["mailaddress"]]),
    ("phone", Level::Confidential, 0.85, &[&["phone"], &["mobile"], &["telephone"], &["tel"], &["fax"]]),
    (
        "date of birth",
        Level::Confidential,
        0.9,
        &[&["date", "of", "birth"], &["birth", "date"], &["birthdate"], &["birthday"], &["dob"], &["geburtsdatum"]],
    ),
    (
        "person's name",
        Level::Confidential,
        0.85,
        &[
            &["full", "name"],
            &["first", "name"],
            &["last", "name"],
            &["given", "name"],
            &["family", "name"],
            &["surname"],
            &["customer", "name"],
            &["firstname"],
            &["lastname"],
            &["fullname"],
            &["nachname"],
        ],
    ),
    (
        "address",
        Level::Confidential,
        0.8,
        &[
            &["street"],
            &["address"],
            &["postcode"],
            &["zip"],
            &["zipcode"],
            &["postal", "code"],
            &["latitude"],
            &["longitude"],
        ],
    ),
    ("age or sex", Level::Confidential, 0.7, &[&["age"], &["sex"], &["gender"], &["marital", "status"], &["marriage"]]),
    (
        "network address",
        Level::Confidential,
        0.75,
        &[&["ip", "address"], &["ip"], &["mac", "address"], &["device", "id"]],
    ),
    ("pay", Level::Confidential, 0.7, &[&["salary"], &["income"], &["wage"]]),
    ("record id", Level::Internal, 0.6, &[&["record", "id"], &["row", "id"], &["uuid"]]),
];

/// Returns what the column's name alone proposes: the first rule that fires.
pub(super) fn propose(name: &str) -> Option<Proposal> {
    let words = words(name);
    for (what, level, confidence, runs) in RULES {
        let fires = |run: &&[&str]| words.windows(run.len()).any(|window| window.iter().zip(*run).all(|(a, b)| a == b));
        if runs.iter().any(fires) {
            return Some(Proposal { level: *level, rule: format!("name {what}"), confidence: *confidence });
        }
    }
    None
}
