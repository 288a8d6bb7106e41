use super::model::{Settlement, compare};
use super::store::PushStore;
use super::*;
use crate::tests::{Place, id, project, read, write};
use base::{PersonId, ProjectId, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn line(reference: &str, old: Option<u8>, new: Option<u8>) -> Line {
    Line { old: old.map(id), new: new.map(id), reference: reference.to_owned() }
}

fn push(name: &str, old: Option<u8>, new: Option<u8>, state: PushState) -> Push {
    let recorded =
        Push::record(name.into(), &"credit".into(), &line("refs/heads/x", old, new), &"ana".into(), NEW_YEAR);
    let settled_at = (state != PushState::Recorded).then_some(NEW_YEAR);
    Push { state, settled_at, ..recorded }
}

#[test]
fn every_verb_from_every_state() {
    let mut table = String::new();
    for state in PushState::ALL {
        let before = push("push-1", None, Some(1), *state);
        let to = |after: Option<Push>| after.map_or("-".to_owned(), |after| after.state.to_string());
        let (applied, dropped) = (to(before.apply(false, NEW_YEAR)), to(before.drop(NEW_YEAR)));
        writeln!(table, "{state}: apply → {applied}, drop → {dropped}").unwrap();
    }
    expect![[r#"
        recorded: apply → applied, drop → dropped
        applied: apply → -, drop → -
        dropped: apply → applied, drop → -
        unexplained: apply → -, drop → -
    "#]]
    .assert_eq(&table);
}

#[track_caller]
fn checked(reference: &str, old: Option<u8>, new: Option<u8>, expected: expect_test::Expect) {
    let said =
        check(&[line(reference, old, new)], 3, 10, 4).map_or_else(|refusal| refusal.to_string(), |()| "goes on".into());
    expected.assert_eq(&said);
}

#[test]
fn what_may_be_pushed() {
    checked("refs/heads/x", None, Some(1), expect!["goes on"]);
    checked("refs/heads/x", Some(1), None, expect!["goes on"]);
    checked("refs/tags/v1", None, Some(1), expect!["goes on"]);
    expect!["`main` moves by merge only: push a branch (`git push origin HEAD:my-change`) and ask for its merge"]
        .assert_eq(&Refusal::Main.to_string());
    for (old, new) in [(Some(1), Some(2)), (Some(1), None), (None, Some(1))] {
        assert_eq!(check(&[line("refs/heads/main", old, new)], 3, 10, 4), Err(Refusal::Main));
    }
    checked("refs/tags/v1", Some(1), Some(2), expect!["tag `v1` stays where it is: make a new one"]);
    checked("refs/tags/v1", Some(1), None, expect!["tag `v1` stays where it is: make a new one"]);
    checked(
        "refs/heads/-x",
        None,
        Some(1),
        expect!["`-x` cannot be a name here: no part may be empty, begin with `.` or `-`, or end with `.` or `.lock`"],
    );
    checked("refs/heads/-x", Some(1), None, expect!["goes on"]);
    for hidden in ["refs/notes/x", "HEAD", "refs/pull/1/head", "refs/heads", "main"] {
        let said = check(&[line(hidden, None, Some(1))], 0, 10, 10).unwrap_err();
        assert!(matches!(said, Refusal::NoBranch(_)), "{hidden}");
    }
    let two = [line("refs/heads/x", None, Some(1)), line("refs/heads/y", None, Some(1))];
    assert_eq!(check(&two, 3, 10, 4), Err(Refusal::Full(4)));
    assert_eq!(check(&two, 0, 1, 4), Err(Refusal::TooMany(1)));
    let with_main = [two[0].clone(), line("refs/heads/main", Some(1), Some(2))];
    assert_eq!(check(&with_main, 0, 10, 10), Err(Refusal::Main), "all of a push or nothing");
}

#[test]
fn only_whole_lines_of_git_are_read() {
    let (a, zero) = (id(1), "0".repeat(40));
    let text = format!("{zero} {a} refs/heads/x\n{a} {zero} refs/heads/a b\n");
    let read = Line::parse(text.as_bytes()).unwrap();
    assert_eq!(read, [line("refs/heads/x", None, Some(1)), line("refs/heads/a b", Some(1), None)]);
    for bad in [&b"\xff\xfe"[..], b"a b c\n", b"\n", format!("{a} {a}\n").as_bytes(), &[0x30; 39]] {
        assert_eq!(Line::parse(bad), Err(Refusal::Unreadable));
    }
}

/// A move of one ref, and whether the record of it gets written down at once, and whether git makes it.
#[derive(Clone, Debug)]
struct Step {
    to: Option<u8>,
    happens: bool,
    settled: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (prop::option::of(1_u8..5), any::<bool>(), any::<bool>());
    prop::collection::vec(step.prop_map(|(to, happens, settled)| Step { to, happens, settled }), 1..20)
}

proptest! {
    /// The promise of STATES.md: whatever is killed when, each move that was made is published once, in its order; a move
    /// that was not made is not; nothing that a push explains is an incident. As in the product, no push begins before
    /// what the last one did was settled.
    #[test]
    fn each_move_is_published_exactly_once(steps in steps()) {
        let (mut disk, mut tips) = (BTreeMap::new(), BTreeMap::new());
        let (mut records, mut made, mut published) = (Vec::new(), Vec::new(), Vec::new());
        let name = "refs/heads/x".to_owned();
        let mut settle = |disk: &BTreeMap<String, String>, records: &mut Vec<Push>| {
            let found = compare(disk, &tips, records, NEW_YEAR);
            assert_eq!(found.unexplained, []);
            for push in found.applied {
                match &push.new {
                    Some(new) => tips.insert(push.reference.clone(), new.clone()),
                    None => tips.remove(&push.reference),
                };
                published.push((push.old.clone(), push.new.clone()));
                let at = records.iter().position(|record: &Push| record.id == push.id).unwrap();
                records[at] = push.apply(false, NEW_YEAR).unwrap();
            }
            for push in found.dropped {
                let at = records.iter().position(|record: &Push| record.id == push.id).unwrap();
                records[at] = push.drop(NEW_YEAR).unwrap();
            }
            assert_eq!(&tips, disk);
        };
        for (number, step) in steps.iter().enumerate() {
            settle(&disk, &mut records);
            let (old, new) = (disk.get(&name).cloned(), step.to.map(id));
            if old == new {
                continue; // git pushes nothing then
            }
            let order = Line { old: old.clone(), new: new.clone(), reference: name.clone() };
            records.push(Push::record(format!("push-{number:02}"), &"credit".into(), &order, &"ana".into(), NEW_YEAR));
            if step.happens {
                match &new {
                    Some(new) => disk.insert(name.clone(), new.clone()),
                    None => disk.remove(&name),
                };
                made.push((old, new));
            }
            if step.settled {
                settle(&disk, &mut records);
                settle(&disk, &mut records);
            }
        }
        settle(&disk, &mut records);
        prop_assert_eq!(made, published);
        prop_assert!(records.iter().all(|record| matches!(record.state, PushState::Applied | PushState::Dropped)));
    }
}

#[test]
fn a_straggler_is_explained_and_a_stranger_is_not() {
    let disk = BTreeMap::from([("refs/heads/x".to_owned(), id(2))]);
    let tips = BTreeMap::from([("refs/heads/x".to_owned(), id(1))]);
    // Its git outlived the server, which took it for dead.
    let dropped = push("push-1", Some(1), Some(2), PushState::Dropped);
    let found = compare(&disk, &tips, std::slice::from_ref(&dropped), NEW_YEAR.plus_seconds(60));
    assert_eq!(found.applied, std::slice::from_ref(&dropped));
    let next_day = compare(&disk, &tips, &[dropped], NEW_YEAR.plus_days(1));
    assert_eq!(next_day.applied, []);
    assert_eq!(next_day.unexplained, [line("refs/heads/x", Some(1), Some(2))]);
    // A record of another move explains nothing.
    let other = push("push-2", Some(3), Some(2), PushState::Recorded);
    let found = compare(&disk, &tips, std::slice::from_ref(&other), NEW_YEAR);
    let unexplained = vec![line("refs/heads/x", Some(1), Some(2))];
    assert_eq!(found, Settlement { applied: vec![], dropped: vec![other], unexplained });
    // Two that were made one after the other, before anybody looked.
    let two =
        [push("push-3", Some(1), Some(3), PushState::Recorded), push("push-4", Some(3), Some(2), PushState::Recorded)];
    assert_eq!(compare(&disk, &tips, &two, NEW_YEAR).applied, two);
}

#[tokio::test]
async fn records_and_tips_are_kept_on_every_engine() {
    on_each_engine(&crate::tests::migrations(), async |db| {
        let project = &ProjectId::from("credit");
        assert!(!read(&db, async |tx| tx.has_repository(project).await).await);
        write(&db, async |tx| tx.insert_repository(project, NEW_YEAR).await).await.unwrap();
        let again = write(&db, async |tx| tx.insert_repository(project, NEW_YEAR).await).await;
        assert!(matches!(again, Err(db::Error::Taken)));
        assert!(write(&db, async |tx| tx.lock_repository(project).await).await.unwrap());
        assert_eq!(read(&db, async |tx| tx.list_repositories().await).await, std::slice::from_ref(project));

        for (number, state) in PushState::ALL.iter().enumerate() {
            let at = NEW_YEAR.plus_seconds(number as i64 / 2);
            let pusher = (*state != PushState::Unexplained).then(|| PersonId::from("ana"));
            let new = push(&format!("push-{number}"), Some(1), None, *state);
            let new = Push { recorded_at: at, rewritten: number % 2 == 1, pusher, ..new };
            write(&db, async |tx| tx.insert_push(&new).await).await.unwrap();
            let found = read(&db, async |tx| tx.list_pushes(project, None, 1).await).await;
            assert_eq!(found, [new]);
        }
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = read(&db, async |tx| tx.list_pushes(project, after.as_ref(), 1).await).await;
            let Some(push) = page.first() else { break };
            after = Some((push.recorded_at.0, push.id.clone()));
            seen.push(push.id.clone());
        }
        assert_eq!(seen, ["push-3", "push-2", "push-1", "push-0"]);
        assert_eq!(read(&db, async |tx| tx.count_pushes(project).await).await, 4);
        let other = &ProjectId::from("other");
        assert_eq!(read(&db, async |tx| tx.list_pushes(other, None, 9).await).await, []);

        let open = read(&db, async |tx| tx.list_open_pushes(project, NEW_YEAR.plus_seconds(-1)).await).await;
        assert_eq!(open.iter().map(|push| push.id.as_str()).collect::<Vec<_>>(), ["push-0", "push-2"]);
        let open = read(&db, async |tx| tx.list_open_pushes(project, NEW_YEAR).await).await;
        assert_eq!(open.iter().map(|push| push.id.as_str()).collect::<Vec<_>>(), ["push-0"]);
        let applied = open[0].apply(true, NEW_YEAR).unwrap();
        write(&db, async |tx| tx.save_push(&applied).await).await.unwrap();
        let twice = write(&db, async |tx| tx.save_push(&applied).await).await;
        assert!(matches!(twice, Err(db::Error::Stale)), "so that no move is published twice");

        let tip = |reference: &str, commit: u8| Tip {
            reference: reference.into(),
            commit: id(commit),
            push: "push-0".into(),
            pusher: None,
            moved_at: Timestamp(7),
        };
        for tip in [tip("refs/heads/b", 1), tip("refs/heads/a", 1), tip("refs/heads/b", 2), tip("refs/tags/t", 3)] {
            write(&db, async |tx| tx.save_tip(project, &tip).await).await.unwrap();
        }
        write(&db, async |tx| tx.delete_tip(project, "refs/tags/t").await).await.unwrap();
        let tips = read(&db, async |tx| tx.list_tips(project).await).await;
        assert_eq!(tips, [tip("refs/heads/a", 1), tip("refs/heads/b", 2)]);
    })
    .await;
}

/// A kill between the move and its last hook leaves a moved ref and an open record; so does one before the move, unmoved.
#[tokio::test]
async fn the_next_start_publishes_what_a_killed_server_did_not() {
    on_each_engine(&crate::tests::migrations(), async |db| {
        let place = Place::on(db).await;
        let cx = &place.cx;
        let first = place.created().await;
        let next = place.commit(&first, "second").await;
        let base = place.events().await.len();
        let moved = Line { old: None, new: Some(next.clone()), reference: "refs/heads/moved".into() };
        let unmoved = Line { reference: "refs/heads/unmoved".into(), ..moved.clone() };
        let project = project();
        let lines = &[moved.clone(), unmoved];
        write(&cx.db, async |tx| record(cx, tx, &project, lines, &"ana".into()).await).await.unwrap();
        place.git(&["update-ref", "refs/heads/moved", &next]).await;
        // Both looks at once, and one more: as a start and a schedule would.
        let (one, two) = tokio::join!(settle_all(cx), settle_all(cx));
        one.and(two).unwrap();
        settle_all(cx).await.unwrap();
        let events = place.events().await;
        assert_eq!(events[base..], [format!("moved by ana: - -> {next}")]);
        let states = place.pushes().await;
        expect![[r#"
            refs/heads/unmoved dropped ana
            refs/heads/moved applied ana
            refs/heads/main applied lockgate"#]]
        .assert_eq(&states);
        // A straggler makes its move after all.
        place.git(&["update-ref", "refs/heads/unmoved", &next]).await;
        settle_all(cx).await.unwrap();
        assert_eq!(
            place.events().await[base..],
            [format!("moved by ana: - -> {next}"), format!("unmoved by ana: - -> {next}")]
        );
    })
    .await;
}

#[tokio::test]
async fn a_ref_without_a_record_is_an_incident_and_no_push() {
    let place = Place::new().await;
    let first = place.created().await;
    let next = place.commit(&first, "by hand").await;
    let base = place.events().await.len();
    place.git(&["update-ref", "refs/heads/main", &next]).await;
    place.git(&["update-ref", "refs/heads/made", &first]).await;
    place.git(&["update-ref", "refs/secret/x", &first]).await;
    for _ in 0..2 {
        settle_all(&place.cx).await.unwrap();
    }
    assert_eq!(place.events().await.len(), base, "nobody is told of a push");
    expect![[r#"
        refs/secret/x unexplained -
        refs/heads/main unexplained -
        refs/heads/made unexplained -
        refs/heads/main applied lockgate"#]]
    .assert_eq(&place.pushes().await);
    // From here on it is known where `main` is, and a merge builds on it.
    let merged = place.commit(&next, "third").await;
    crate::fast_forward(&place.cx, &project(), "main", &next, &merged, &"ben".into()).await.unwrap();
    assert_eq!(place.events().await[base..], [format!("main by ben: {next} -> {merged}")]);
}

/// The move of a merge is recorded, made and published, wherever it is cut off.
#[tokio::test]
async fn a_merge_that_is_cut_off_is_all_there_or_not_at_all() {
    let place = Place::new().await;
    let first = place.created().await;
    let next = place.commit(&first, "second").await;
    let base = place.events().await.len();
    let merge = async || {
        crate::fast_forward(&place.cx, &project(), "main", &first, &next, &"ben".into())
            .await
            .map_err(|e| e.to_string())
    };
    let (waits, done) = testkit::drop_at_every_wait(merge, async || {
        settle_all(&place.cx).await.unwrap();
        let at = crate::resolve(&place.cx, &project(), "main").await.unwrap().id;
        let told = place.events().await.len() - base;
        assert_eq!(told, usize::from(at == next), "moved and told, or neither");
    })
    .await;
    assert_eq!(done, Ok(()));
    assert!(waits > 3, "{waits}");
}
