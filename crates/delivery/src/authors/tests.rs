use super::model::{Hand, History, PLATFORM_ADDRESS, hands, person_in, settle};
use super::store::AddressStore;
use super::{Author, GitAddress};
use base::{PersonId, Timestamp};
use expect_test::expect;
use git::pushes::{Push, PushState};
use git::{Linked, Signature, Written};
use std::collections::BTreeMap;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn signature(address: &str) -> Signature {
    Signature { name: address.split('@').next().unwrap().into(), email: address.into() }
}

fn commit(id: &str, parents: &[&str], by: &str, with: &[&str]) -> (Written, Linked) {
    let co_authors = with.iter().map(|one| signature(one)).collect();
    let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
    (Written { id: id.into(), author: signature(by), co_authors }, Linked { id: id.into(), parents })
}

fn push(number: i64, branch: &str, new: &str, pusher: Option<&str>) -> Push {
    Push {
        id: format!("push-{number}"),
        project: "p".into(),
        reference: format!("refs/heads/{branch}"),
        old: None,
        new: Some(new.into()),
        pusher: pusher.map(PersonId::from),
        state: PushState::Applied,
        rewritten: false,
        recorded_at: Timestamp(number),
        settled_at: None,
        revision: 1,
    }
}

fn shown(commits: &[(Written, Linked)], pushes: &[Push], merges: &[(&str, &str)]) -> String {
    let merges: Vec<(String, PersonId)> = merges.iter().map(|(id, by)| ((*id).to_owned(), (*by).into())).collect();
    let maker = &PersonId::from("mia");
    let (written, links): (Vec<_>, Vec<_>) = commits.iter().cloned().unzip();
    let history = History { commit: "c", written: &written, links: &links, pushes, merges: &merges, maker };
    let mut page = String::new();
    for (hand, what) in hands(&history) {
        let who = match hand {
            Hand::Person(person) => person.0,
            Hand::Named { name, address } => format!("{name} <{address}>"),
            Hand::Nobody(who) => who,
        };
        writeln!(page, "{who}: {what}").unwrap();
    }
    page
}

#[test]
fn whoever_pushed_wrote_or_merged_it_has_a_hand_in_it() {
    // `a` and `b` are the candidate's with `c`; `x` was pushed by Dan on top of what Cho pushed, and is not part of it.
    let written = [
        commit("c", &["b"], "ana@bank.example", &["eve@Bank.example"]),
        commit("b", &["a"], "cho@bank.example", &[]),
        commit("a", &[], PLATFORM_ADDRESS, &[]),
        commit("x", &["b"], "dan@bank.example", &[]),
    ];
    let pushes = [
        push(1, "main", "a", Some("lockgate")),
        push(2, "try", "b", Some("cho")),
        push(3, "more", "x", Some("dan")),
        push(4, "mine", "c", Some("ana")),
        push(5, "main", "c", Some("lia")),
    ];
    expect![[r#"
        ana: pushed it
        cho: pushed it
        lia: merged it
        mia: made the project
        ana <ana@bank.example>: wrote a commit of it
        cho <cho@bank.example>: wrote a commit of it
        eve <eve@bank.example>: is named as co-author of a commit
        lockgate <lockgate@lockgate.invalid>: wrote a commit of it
    "#]]
    .assert_eq(&shown(&written, &pushes, &[("c", "lia"), ("z", "zoe")]));
}

#[test]
fn a_move_that_nobody_explains_is_somebodys_hand() {
    let written = [commit("c", &[], "ana@bank.example", &[])];
    expect![[r#"
        ana <ana@bank.example>: wrote a commit of it
        whoever moved `refs/heads/main`: moved a branch
    "#]]
    .assert_eq(&shown(&written, &[push(1, "main", "c", None), push(2, "x", "c", Some("cho"))], &[]));
}

#[test]
fn an_address_of_nobody_blocks_and_who_says_whose_it_is_has_a_hand_in_it() {
    let named = |address: &str| Hand::Named { name: "N".into(), address: address.into() };
    let hands: BTreeMap<Hand, &'static str> =
        [named("ana@x"), named("a.maier@x"), named("who@x"), named(PLATFORM_ADDRESS)]
            .map(|hand| (hand, "wrote"))
            .into();
    let belongs: BTreeMap<String, (PersonId, Option<PersonId>)> =
        [("ana@x".to_owned(), ("ana".into(), None)), ("a.maier@x".to_owned(), ("amy".into(), Some("pat".into())))]
            .into();
    let (known, unmapped) = settle(&hands, &belongs, &[("tom".into(), "trained it")], &"mia".into());
    let lines: Vec<String> = known.iter().map(|Author { person, why, .. }| format!("{person}: {why}")).collect();
    assert_eq!(
        lines,
        [
            "amy: wrote",
            "ana: wrote",
            "mia: made the project",
            "pat: said to whom `a.maier@x` belongs",
            "tom: trained it"
        ]
    );
    assert_eq!(unmapped, ["N <who@x>"]);
}

#[test]
fn an_address_may_begin_with_the_name_of_a_person() {
    let name = |address: &str| person_in(address).map(|person| person.0);
    assert_eq!(name("ana@bank.example").as_deref(), Some("ana"));
    assert_eq!(name("ana+work@bank.example").as_deref(), Some("ana"));
    for none in ["", "@x", "ana", "a.maier@x", "../x@y", "Ana@x"] {
        assert_eq!(name(none), None, "{none}");
    }
}

#[tokio::test]
async fn what_was_said_of_an_address_last_counts() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let said = |person: &str| GitAddress {
            address: "a.maier@x".into(),
            person: person.into(),
            mapped_by: "pat".into(),
            mapped_at: NEW_YEAR,
        };
        for person in ["ana", "amy"] {
            let said = &said(person);
            db.write(|tx| async move { tx.put_git_address(said).await }).await.unwrap();
        }
        let found = db.read(|tx| async move { tx.find_git_address("a.maier@x").await }).await.unwrap();
        assert_eq!(found, Some(said("amy")));
        let listed = db.read(|tx| async move { tx.list_git_addresses(None, 10).await }).await.unwrap();
        let behind = db.read(|tx| async move { tx.list_git_addresses(Some("a.maier@x"), 10).await }).await.unwrap();
        assert_eq!((listed.len(), behind.len()), (1, 0));
        assert!(db.read(|tx| async move { tx.list_merged(&"p".into()).await }).await.unwrap().is_empty());
    })
    .await;
}
