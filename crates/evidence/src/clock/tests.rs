use super::compare::{interval_of_saving, median};
use super::marks::{Marks, Span};
use super::model::{Measured, Outcome, Stage, standing_for};
use super::times::training;
use super::view::{StageSummary, StageView};
use crate::baselines;
use base::Timestamp;
use delivery::release::REQUIRED;
use proptest::prelude::*;
use runs::steps::{Outputs, Step, StepKind, StepState};

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * Timestamp::SECOND)
}

fn span(from: i64, to: i64) -> Span {
    Span::new(at(from), at(to))
}

fn marks(people: &[(i64, i64)], machines: &[(i64, i64)]) -> Marks {
    let spans = |all: &[(i64, i64)]| all.iter().map(|(from, to)| span(*from, *to)).collect();
    Marks { people: spans(people), machines: spans(machines) }
}

#[track_caller]
fn check(people: &[(i64, i64)], machines: &[(i64, i64)], of: (i64, i64), expected: [f64; 3]) {
    let split = marks(people, machines).split(span(of.0, of.1));
    assert_eq!([split.people_s, split.machines_s, split.working_s], expected);
}

#[test]
fn a_span_is_split_into_people_machines_and_work() {
    check(&[], &[], (0, 10), [0.0, 0.0, 10.0]);
    check(&[(2, 4)], &[(6, 9)], (0, 10), [2.0, 3.0, 5.0]);
    // Both at once: it is the person.
    check(&[(2, 6)], &[(4, 8)], (0, 10), [4.0, 2.0, 4.0]);
    // What overlaps counts once, what lies outside not at all.
    check(&[(-5, 3), (1, 2)], &[(9, 50)], (0, 10), [3.0, 1.0, 6.0]);
    check(&[(0, 10)], &[(0, 10)], (0, 0), [0.0, 0.0, 0.0]);
}

proptest! {
    #[test]
    fn the_parts_are_the_whole(
        people in prop::collection::vec((0_i64..100, 0_i64..50), 0..6),
        machines in prop::collection::vec((0_i64..100, 0_i64..50), 0..6),
        from in 0_i64..100,
        length in 0_i64..100,
    ) {
        let until = |all: Vec<(i64, i64)>| all.into_iter().map(|(from, length)| (from, from + length)).collect::<Vec<_>>();
        let split = marks(&until(people), &until(machines)).split(span(from, from + length));
        prop_assert!(split.people_s >= 0.0 && split.machines_s >= 0.0 && split.working_s >= 0.0);
        let total = split.people_s + split.machines_s + split.working_s;
        prop_assert!((total - span(0, length).seconds()).abs() < 1e-6);
    }
}

#[test]
fn open_ends_are_longer_than_they_are_so_far() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[(3.0, true)]), Some(3.0));
    assert_eq!(median(&[(1.0, true), (2.0, true), (9.0, true)]), Some(2.0));
    // An open one of one second might take for ever: it pushes the median up, it is not dropped.
    assert_eq!(median(&[(1.0, false), (2.0, true), (9.0, true)]), Some(2.0));
    assert_eq!(median(&[(1.0, true), (5.0, false), (9.0, true)]), Some(9.0));
    assert_eq!(median(&[(5.0, false), (6.0, false), (1.0, true)]), None);
    assert_eq!(median(&[(5.0, false)]), None);
}

#[test]
fn no_interval_is_claimed_from_few_or_across_zero() {
    let fast: Vec<(f64, bool)> = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0].map(|one| (one, true)).to_vec();
    assert_eq!(interval_of_saving(&fast[..4], 100.0), None, "four projects");
    let (low, high) = interval_of_saving(&fast, 100.0).unwrap();
    assert!(93.0 <= low && low <= high && high <= 98.0, "{low} {high}");
    assert_eq!(interval_of_saving(&fast, 100.0), Some((low, high)), "equal values, equal interval");
    assert_eq!(interval_of_saving(&fast, 4.5), None, "it covers zero");
    let open: Vec<(f64, bool)> = fast.iter().map(|(one, _)| (*one, false)).collect();
    assert_eq!(interval_of_saving(&open, 100.0), None, "nothing arrived");
}

fn measured(stage: Stage, from: i64, outcome: Outcome) -> Measured {
    Measured::of(stage, format!("from {from}"), (at(from), outcome), (&Marks::default(), at(100)))
}

#[test]
fn the_first_that_arrived_stands_for_a_stage_and_an_open_one_else() {
    let ended = measured(Stage::Release, 1, Outcome::Ended(at(9), "its promotion is rejected".into()));
    let open = measured(Stage::Release, 5, Outcome::Open);
    let arrived = measured(Stage::Release, 20, Outcome::Arrived(at(50)));
    let all = [ended.clone(), open.clone(), arrived.clone()];
    assert_eq!(standing_for(&all), Some(&arrived));
    assert_eq!(standing_for(&all[..2]), Some(&open));
    assert_eq!(standing_for(&all[..1]), Some(&ended));
    let view = StageView::of(Stage::Release, &all[..2]);
    assert_eq!((view.open, view.seconds, view.to, view.measured.len()), (true, Some(95.0), None, 2));
    let nothing = StageView::of(Stage::Find, &all);
    assert_eq!((nothing.open, nothing.seconds), (true, None));
    assert!(nothing.note.unwrap().contains("90 days"));
}

#[test]
fn only_equal_definitions_enter_the_headline() {
    let text = "stage,value,unit,n,definition_from,definition_to,source\n\
        environment,2,days,9,Project  requested,all its environments available,tickets\n\
        release,5,days,9,request for change,deployed,calendar\n";
    let baseline = baselines::Baseline {
        id: "bl-1".into(),
        digest: base::Digest::of(""),
        lines: baselines::read(text).unwrap(),
        imported_by: "pat".into(),
        imported_at: at(0),
    };
    let clock = |seconds: i64| super::ClockView {
        project: format!("p-{seconds}"),
        title: String::new(),
        stages: [Stage::Environment, Stage::Release]
            .map(|stage| StageView::of(stage, &[measured(stage, 0, Outcome::Arrived(at(seconds)))]))
            .to_vec(),
        run_times: Vec::new(),
    };
    let clocks: Vec<super::ClockView> = (1..=6).map(|number| clock(number * 3_600)).collect();
    let environment = StageSummary::of(Stage::Environment, &clocks, Some(&baseline));
    assert_eq!((environment.median_s, environment.n, environment.open), (Some(10_800.0), 6, 0));
    assert!(environment.comparisons[0].same_definition && environment.comparisons[0].saving_low_s.is_some());
    assert_eq!(environment.headline().len(), 1, "{:?}", environment.headline());
    let release = StageSummary::of(Stage::Release, &clocks, Some(&baseline));
    assert_eq!(release.comparisons[0].note.as_deref(), Some("defined differently"));
    assert_eq!((release.comparisons[0].saving_s, release.headline().len()), (None, 0));
}

/// A step of a release that one of its own attempts did, from and until these seconds.
fn step(name: &str, from: i64, to: i64) -> Step {
    Step {
        run: "r-1".into(),
        name: name.into(),
        position: 0,
        state: StepState::Succeeded,
        waiting_for: 0,
        tries: 1,
        kind: Some(StepKind::Executed),
        why: None,
        cached_from: None,
        key: None,
        governed: Vec::new(),
        outputs: Outputs::new(),
        run_at: at(from),
        started_at: Some(at(from)),
        ended_at: Some(at(to)),
        revision: 1,
    }
}

/// A step that took at this second what an equal step of another run had done.
fn taken(name: &str, second: i64) -> Step {
    let (kind, cached_from) = (Some(StepKind::CachedFrom), Some("r-0".into()));
    Step { tries: 0, kind, cached_from, ..step(name, second, second) }
}

/// A step that is at work since this second.
fn at_work(name: &str, since: i64) -> Step {
    Step { state: StepState::Running, kind: None, ended_at: None, ..step(name, since, since) }
}

#[track_caller]
fn trained(steps: &[Step], expected: Option<f64>) {
    assert_eq!(training(steps), expected);
}

#[test]
fn training_lasts_from_the_first_own_step_to_the_last_without_those_of_the_platform() {
    let own = [step("train", 30, 70), step("prepare", 10, 20), step("export", 60, 75)];
    // What overlaps counts once, and a gap counts.
    trained(&own, Some(65.0));
    trained(&own[..1], Some(40.0));
    let with = |platform: &[Step]| [&own[..], platform].concat();
    trained(&with(&REQUIRED.map(|name| step(name, 80, 500))), Some(65.0));
    trained(&with(&REQUIRED.map(|name| taken(name, 80))), Some(65.0));
    trained(&with(&REQUIRED.map(|name| at_work(name, 80))), Some(65.0));
    trained(&REQUIRED.map(|name| step(name, 80, 500)), None);
    trained(&[], None);
}

#[test]
fn training_that_came_from_the_cache_has_no_time() {
    trained(&[taken("prepare", 10), taken("train", 10), taken("export", 11)], None);
    // The rest would be too short for all of it.
    trained(&[taken("prepare", 10), step("train", 12, 70)], None);
    trained(&[step("prepare", 10, 20), taken("train", 21)], None);
}

#[test]
fn training_that_is_not_done_has_no_time() {
    let prepared = step("prepare", 10, 20);
    trained(&[prepared.clone(), at_work("train", 21)], None);
    let begun = Step { state: StepState::Ready, ..at_work("train", 21) };
    trained(&[prepared.clone(), begun], None);
    let failed = Step { state: StepState::Failed, ..step("train", 21, 70) };
    trained(&[prepared.clone(), failed], None);
    let skipped = Step { state: StepState::Skipped, kind: Some(StepKind::Skipped), ..step("train", 21, 21) };
    trained(&[prepared, skipped], None);
}
