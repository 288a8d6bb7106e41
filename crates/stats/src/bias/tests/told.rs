//! What whoever carries the risk reads: headlines and verdicts of data that could mislead.
use super::*;

/// Groups by name, each with its rows and how many of them are predicted, and labelled, positive.
fn groups(parts: &[(&str, usize, usize)]) -> Data {
    let each = |of: fn(&str, bool) -> Option<String>| -> ArrayRef {
        let rows = parts.iter().flat_map(|&(name, rows, hits)| (0..rows).map(move |row| of(name, row < hits)));
        Arc::new(rows.collect::<StringArray>())
    };
    let yes: fn(&str, bool) -> Option<String> = |_, is| Some(u8::from(is).to_string());
    data(vec![("g", each(|name, _| Some(name.to_owned()))), ("y", each(yes)), ("p", each(yes))])
}

fn each() -> Asked {
    Asked { prediction: Some("p".into()), ..Asked::new(&["g"], "y", values(&["1"])) }
}

#[test]
fn the_four_fifths_rule_names_the_group_with_the_largest_share() {
    // c has 0.75 of a's share, but 0.82 of what the others have together.
    let table = groups(&[("a", 2_000, 1_200), ("b", 2_000, 1_000), ("c", 2_000, 900)]);
    let found = ask(&table, &each());
    let verdict = |name: &str| found.to_json()["facets"][name]["four_fifths"]["verdict"].clone();
    assert_eq!((verdict("a"), verdict("b"), verdict("c")), ("passed".into(), "passed".into(), "failed".into()));
    near(&found.to_json()["groups"]["demographic_parity_ratio"]["value"], 0.75);
    assert_eq!(found.outcome(), Outcome::Breached);
    assert!(found.headline().ends_with("The four-fifths rule fails for 1 of 3 groups."), "{}", found.headline());
    // A group that is too small is not judged, which is said.
    let table = groups(&[("a", 100, 60), ("b", 100, 58), ("c", 100, 59), ("d", 20, 1)]);
    let found = ask(&table, &Asked { min_group: 10, ..each() });
    assert_eq!(found.outcome(), Outcome::Breached);
    let found = ask(&table, &each());
    assert_eq!((found.outcome(), found.facets.len()), (Outcome::Within, 3));
}

#[test]
fn named_groups_are_held_against_all_others_and_the_other_way_round_is_said() {
    let table = groups(&[("a", 500, 300), ("b", 500, 100)]);
    let found = ask(&table, &Asked { disadvantaged: Some(values(&["a"])), ..each() });
    let said = "The four-fifths rule passes for the group, not for the rest: its share is 0.3333 of the group's.";
    assert!(found.headline().ends_with(said), "{}", found.headline());
    let found = ask(&table, &Asked { disadvantaged: Some(values(&["b"])), ..each() });
    assert!(found.headline().ends_with("The four-fifths rule fails."), "{}", found.headline());
}

#[test]
fn a_fair_model_is_not_alarmed_at_however_many_groups_there_are() {
    let names: Vec<String> = (0..100).map(|group| format!("g{group}")).collect();
    let mut alarms = 0;
    for run in 0..20u64 {
        let hits = |group: usize| (0..40).filter(|&row| mix(run, group as u64 * 40 + row) % 10 < 3).count();
        let parts: Vec<(&str, usize, usize)> =
            names.iter().enumerate().map(|(group, name)| (name.as_str(), 40, hits(group))).collect();
        let found = ask(&groups(&parts), &each());
        assert!(found.facets.iter().any(|facet| facet.four_fifths.as_ref().is_ok_and(|verdict| verdict.failed())));
        alarms += usize::from(found.outcome() == Outcome::Breached);
    }
    // 5 % of 20 runs are one at most, and Bonferroni's are fewer.
    assert!(alarms <= 2, "{alarms} of 20");
}

#[test]
fn two_values_are_one_question() {
    // p is 0.03: below 5 %, and above half of it.
    let found = ask(&groups(&[("a", 300, 150), ("b", 300, 177)]), &each());
    let p = found.facets[0].metric("DPPL").unwrap().metric.p_value.clone().unwrap().value;
    assert!(p > 0.025 && p < 0.05, "{p}");
    assert!(found.headline().contains("more than chance would do"), "{}", found.headline());
}

#[test]
fn scores_that_are_taken_for_predictions_are_no_fair_model() {
    let sex = || texts((0..200).map(|row| Some(if row % 2 == 0 { "f" } else { "m" })));
    let paid = || integers((0..200).map(|row| Some(i64::from(row % 3 == 0))));
    let scores = numbers((0..200).map(|row| Some(if row % 2 == 0 { 0.1 } else { 0.9 } + f64::from(row) * 1e-6)));
    let table = data(vec![("g", sex()), ("y", paid()), ("p", scores)]);
    let found = ask(&table, &each());
    check(&found.headline(), expect!["Nothing can be said of `g`: no prediction is positive as asked."]);
    assert_eq!(found.outcome(), Outcome::NotComputable);
    let said = "Predictions that are no value of the label, and so positive only where that was asked for: 200.";
    assert!(found.notes().iter().any(|note| note == said), "{:?}", found.notes());
    // What labels say is there all the same, and flags beside numbers are no strangers.
    assert!(value_of(&found.to_json(), "f", "DPL").is_number());
    let flags: ArrayRef = Arc::new((0..200).map(|row| Some(row % 5 == 0)).collect::<arrow::array::BooleanArray>());
    let found = ask(&data(vec![("g", sex()), ("y", paid()), ("p", flags)]), &each());
    assert!(!found.notes().iter().any(|note| note.contains("no value of the label")), "{:?}", found.notes());
}

#[test]
fn equal_shares_are_said_with_the_share() {
    let found = ask(&groups(&[("a", 50, 50), ("b", 50, 50)]), &each());
    check(
        &found.headline(),
        expect!["All groups of `g` are predicted positive equally often, 100 %. The four-fifths rule passes."],
    );
    let labels_alone = Asked { prediction: None, positive: values(&["yes"]), ..each() };
    let found = ask(&groups(&[("a", 50, 50), ("b", 50, 50)]), &labels_alone);
    check(&found.headline(), expect!["Nothing can be said of `g`: no label is positive as asked."]);
}

#[test]
fn groups_that_look_alike_stay_two() {
    let table = data(vec![
        ("one", texts((0..120).map(|row| Some(if row % 2 == 0 { "a & b" } else { "a" })))),
        ("two", texts((0..120).map(|row| Some(if row % 2 == 0 { "c" } else { "b & c" })))),
        ("y", integers((0..120).map(|row| Some(row % 3 % 2)))),
    ]);
    let json = ask(&table, &Asked::new(&["one", "two"], "y", values(&["1"]))).to_json();
    let names: Vec<&String> = json["facets"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["a & b & c", "a & b & c (2)"]);
}

#[test]
fn every_metric_stands_on_the_page() {
    let headings =
        ["### Before training: of labels", "### After training: of predictions", "### AIF360's", "### Fairlearn's"];
    crate::page::check(&headings, measure::ids().map(|id| (id, words::meaning(id))));
}
