use super::model::Facts;
use super::store::MergeStore;
use super::{Error, Merge, MergeState};
use crate::checks::Standing;
use base::{Fault, ProjectId, Timestamp};
use expect_test::expect;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn facts(standing: Standing) -> Facts {
    Facts { head: "b".repeat(40), main: "a".repeat(40), standing }
}

fn ask(branch: &str, commit: Option<&str>, facts: &Facts) -> Result<Merge, Error> {
    Merge::ask("m-1".into(), (&"credit-risk".into(), branch, commit), facts, &"ana".into(), NEW_YEAR)
}

fn given(state: MergeState) -> Merge {
    Merge { state, ..ask("c", None, &facts(Standing::Green)).unwrap() }
}

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    for &state in MergeState::ALL {
        let merge = given(state);
        let fits = [("finish", merge.finish(NEW_YEAR)), ("refuse", merge.refuse("why".into(), NEW_YEAR))];
        let fits: Vec<_> = fits.into_iter().filter_map(|(verb, after)| Some((verb, after?.state))).collect();
        let verbs: Vec<&str> = fits.iter().map(|(verb, _)| *verb).collect();
        assert_eq!(verbs, state.possible(), "what {state} says of itself");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        writeln!(page, "{state}: {}", if cells.is_empty() { "final".to_owned() } else { cells.join(", ") }).unwrap();
    }
    expect![[r#"
        asked: finish → merged, refuse → refused
        merged: final
        refused: final
    "#]]
    .assert_eq(&page);
}

#[test]
fn what_stands_in_the_way_is_named() {
    let mut page = String::new();
    let (green, head) = (facts(Standing::Green), "b".repeat(40));
    let same = Facts { main: head.clone(), ..green.clone() };
    let red = facts(Standing::Red(vec!["lint: 3 findings".into(), "unit: 1 failing test".into()]));
    for (branch, commit, facts) in [
        ("c", None, &green),
        ("c", Some(head.as_str()), &green),
        ("c", Some("cccccccccccccc"), &green),
        ("main", None, &green),
        ("c", None, &same),
        ("c", None, &red),
        ("c", None, &facts(Standing::Open)),
        ("c", None, &facts(Standing::Unknown)),
    ] {
        match ask(branch, commit, facts) {
            Ok(merge) => writeln!(page, "{}", merge.state).unwrap(),
            Err(error) => writeln!(page, "{} {error}", error.fault().1).unwrap(),
        }
    }
    expect![[r#"
        asked
        asked
        delivery.branch_moved branch `c` is at `bbbbbbbbbb` now, not at `cccccccccc`
        delivery.nothing_to_merge there is nothing to merge: `main` is at what `main` is at
        delivery.nothing_to_merge there is nothing to merge: `main` is at what `c` is at
        delivery.checks_red checks of `bbbbbbbbbb` are red: lint: 3 findings; unit: 1 failing test
        delivery.checks_open checks of `bbbbbbbbbb` are not finished
        delivery.not_checked `bbbbbbbbbb` was never checked: no branch was pushed to it
    "#]]
    .assert_eq(&page);
}

#[tokio::test]
async fn a_commit_is_merged_once_and_what_was_refused_may_be_asked_again() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("credit-risk");
        for (n, &state) in (0..).zip(MergeState::ALL) {
            let (id, commit) = (format!("m-{n}"), format!("{n}").repeat(40));
            let merge = &Merge { id, commit, asked_at: Timestamp(n), ..given(state) };
            db.write(|tx| async move { tx.insert_merge(merge).await }).await.unwrap();
            let again = &Merge { id: format!("again-{n}"), ..merge.clone() };
            let second = db.write(|tx| async move { tx.insert_merge(again).await }).await;
            assert_eq!(matches!(second, Err(db::Error::Taken)), state != MergeState::Refused, "{state} {second:?}");
            let found = db.read(|tx| async move { tx.find_merge_of(project, &merge.commit).await }).await.unwrap();
            assert_eq!(found.is_some(), state != MergeState::Refused, "{state}");
        }
        let after = &(2, "again-2".to_owned());
        let first = db.read(|tx| async move { tx.list_merges(project, None, 2).await }).await.unwrap();
        let then = db.read(|tx| async move { tx.list_merges(project, Some(after), 2).await }).await.unwrap();
        let ids = |merges: &[Merge]| merges.iter().map(|merge| merge.id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&first), ids(&then)), (vec!["m-2".into(), "again-2".into()], vec!["m-1".into(), "m-0".into()]));
        let count = db.read(|tx| async move { tx.count_merges(project).await }).await.unwrap();
        assert_eq!(count, 4);
        let ended = &then[1].finish(NEW_YEAR).unwrap();
        let saved = db.write(|tx| async move { tx.save_merge(ended.clone()).await }).await.unwrap();
        let found = db.read(|tx| async move { tx.find_merge("m-0").await }).await.unwrap();
        assert_eq!(found, Some(saved));
        let stale = db.write(|tx| async move { tx.save_merge(ended.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
    })
    .await;
}
