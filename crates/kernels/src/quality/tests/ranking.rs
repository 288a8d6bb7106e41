use super::super::tests::testdata::{near, wrong};
use super::super::*;
use crate::mix;
use proptest::prelude::*;

const RELEVANCE: [f64; 8] = [3.0, 0.0, 2.0, 1.0, 0.0, 2.0, 1.0, 0.0];
const HITS: [bool; 8] = [false, false, true, false, true, true, false, true];
const SCORES: [f64; 8] = [0.9, 0.8, 0.8, 0.5, 0.5, 0.5, 0.2, 0.1];
const DISTINCT: [f64; 8] = [0.1, 0.7, 0.3, 0.9, 0.2, 0.8, 0.4, 0.6];

#[track_caller]
fn check(found: Result<Computed, KernelError>, expected: f64) {
    let found = found.unwrap().unwrap();
    assert!(near(found, expected), "{found} {expected}");
}

#[test]
fn golden_values_of_scikit_learn() {
    // scikit-learn 1.9.1, golden/quality.py: most, DCG, NDCG
    let golden = [
        (None, 5.637999639320748, 0.9273957888875499),
        (Some(1), 3.0, 1.0),
        (Some(3), 4.130929753571458, 0.7850703250369508),
        (Some(5), 4.948459118879392, 0.8139731184665058),
    ];
    for (most, gain, normalised) in golden {
        check(dcg(&RELEVANCE, &SCORES, most), gain);
        check(ndcg(&RELEVANCE, &SCORES, most), normalised);
    }
    check(average_precision_at(&HITS, &DISTINCT, 8), 0.5178571428571428);
    // LRAP, coverage, ranking loss; with ties and without
    for (scores, [precision, coverage, loss]) in
        [(&SCORES, [0.4583333333333333, 8.0, 0.75]), (&DISTINCT, [0.5178571428571428, 7.0, 0.5625])]
    {
        check(label_ranking_average_precision(&HITS, scores), precision);
        check(coverage_error(&HITS, scores), coverage);
        check(label_ranking_loss(&HITS, scores), loss);
    }
}

#[test]
fn golden_values_by_enumeration_of_ties() {
    // golden/quality.py: most, then average precision, precision and recall over every order of tied items
    let golden: [(usize, [f64; 3]); 5] = [
        (1, [0.0, 0.0, 0.0]),
        (2, [0.125, 0.25, 0.125]),
        (3, [0.13888888888888892, 0.3333333333333333, 0.25]),
        (5, [0.2708333333333333, 0.4666666666666666, 0.5833333333333334]),
        (8, [0.47916666666666674, 0.5, 1.0]),
    ];
    for (most, [average, precision, recall]) in golden {
        check(average_precision_at(&HITS, &SCORES, most), average);
        check(precision_at(&HITS, &SCORES, most), precision);
        check(recall_at(&HITS, &SCORES, most), recall);
    }
}

#[test]
fn the_first_hit_is_where_chance_puts_it_among_ties() {
    // golden/quality.py: one over the place of the first hit, over every order of tied items
    let back: Vec<bool> = HITS.iter().rev().copied().collect();
    let late = [false, false, false, true, false, true, false, false];
    for (hits, expected) in [(&HITS[..], 0.4166666666666667), (&back, 1.0), (&late, 0.23333333333333336)] {
        check(reciprocal_rank(hits, &SCORES), expected);
    }
    check(reciprocal_rank(&HITS, &DISTINCT), 0.5);
}

#[test]
fn attributions_go_baseline_first() {
    let (baseline, current) = ([0.40, 0.30, 0.15, 0.10, 0.05], [0.10, 0.35, 0.05, 0.30, 0.20]);
    // scikit-learn 1.9.1 `ndcg_score([baseline], [current])`, and swapped
    check(ndcg(&baseline, &current, None), 0.8509710901794862);
    check(ndcg(&current, &baseline, None), 0.7872415951539325);
    check(ndcg(&baseline, &baseline, None), 1.0);
}

#[test]
fn odd_queries_have_an_answer() {
    assert_eq!(ndcg(&[], &[], None), Ok(Err(Reason::Empty("the query".to_owned()))));
    assert_eq!(ndcg(&[0.0, 0.0], &[0.1, 0.2], None), Ok(Err(none("relevant items"))));
    assert_eq!(ndcg(&[1.0], &[0.1], None), Ok(Ok(1.0)));
    assert_eq!(dcg(&[0.0], &[0.1], None), Ok(Ok(0.0)));
    for (relevance, score) in [([1.0, -1.0], [0.1, 0.2]), ([1.0, f64::NAN], [0.1, 0.2]), ([1.0, 0.0], [0.1, f64::NAN])]
    {
        assert!(matches!(ndcg(&relevance, &score, None), Ok(Err(Reason::Undefined(_)))));
    }
    assert_eq!(ndcg(&[1.0, 1.0], &[f64::INFINITY, f64::NEG_INFINITY], None), Ok(Ok(1.0)));
    wrong("score", dcg(&[1.0], &[], None));
    for metric in [average_precision_at, recall_at] {
        assert_eq!(metric(&[false; 2], &[0.1, 0.2], 2), Ok(Err(none("relevant items"))));
        assert_eq!(metric(&[], &[], 2), Ok(Err(Reason::Empty("the query".to_owned()))));
        wrong("most", metric(&[true], &[0.1], 0));
        assert_eq!(metric(&[true], &[0.1], 9), Ok(Ok(1.0)));
        assert_eq!(metric(&[true, false], &[0.1, 0.2], 1), Ok(Ok(0.0)));
    }
}

#[test]
fn odd_labels_have_an_answer() {
    for metric in [label_ranking_average_precision, coverage_error, label_ranking_loss, reciprocal_rank] {
        assert_eq!(metric(&[], &[]), Ok(Err(Reason::Empty("the query".to_owned()))));
        assert_eq!(metric(&[false; 2], &[0.1, 0.2]), Ok(Err(none("relevant items"))));
        assert!(matches!(metric(&[true, false], &[0.1, f64::NAN]), Ok(Err(Reason::Undefined(_)))));
        wrong("score", metric(&[true], &[]));
    }
    assert_eq!(label_ranking_average_precision(&[true; 2], &[0.1, 0.2]), Ok(Ok(1.0)));
    assert_eq!(coverage_error(&[true; 2], &[0.1, 0.2]), Ok(Ok(2.0)));
    assert_eq!(label_ranking_loss(&[true; 2], &[0.1, 0.2]), Ok(Err(none("items that are not relevant"))));
    assert_eq!(label_ranking_loss(&[true, false], &[0.1, 0.1]), Ok(Ok(1.0)));
    assert_eq!(precision_at(&[true], &[0.1], 4), Ok(Ok(0.25)));
}

#[test]
fn queries_cover_all_rows_and_those_without_a_number_are_counted() {
    let (hits, score) = ([true, false, false, false, true], [0.1, 0.2, 0.3, 0.4, 0.5]);
    let each = |starts: &[usize]| per_query(5, starts, |rows| recall_at(&hits[rows.clone()], &score[rows], 1));
    assert_eq!(each(&[0, 2, 4, 5]), Ok(vec![Ok(0.0), Err(none("relevant items")), Ok(1.0)]));
    let mean = Average::of(each(&[0, 2, 4, 5]).unwrap().into_iter().map(|value| (value, 1.0)), Gaps::LeaveOut);
    assert_eq!(mean, Ok(Average { value: 0.5, over: 2, without: 1 }));
    for starts in [&[][..], &[0], &[0, 9], &[2, 5], &[0, 4], &[0, 3, 2, 5]] {
        wrong("starts", each(starts));
    }
    assert_eq!(per_query(0, &[0], |_| Ok(Ok(1.0))), Ok(vec![]));
}

proptest! {
    #[test]
    fn no_order_of_rows_matters_and_a_rising_score_keeps_it(seed in any::<u64>(), count in 1u64..12, most in 1usize..14) {
        let score: Vec<f64> = (0..count).map(|row| (mix(seed, row) % 5) as f64).collect();
        let hits: Vec<bool> = (0..count).map(|row| mix(seed ^ 1, row).is_multiple_of(3)).collect();
        let relevance: Vec<f64> = (0..count).map(|row| (mix(seed ^ 2, row) % 4) as f64).collect();
        let back: Vec<f64> = score.iter().rev().map(|score| score * 3.0 - 1.0).collect();
        let back_hits: Vec<bool> = hits.iter().rev().copied().collect();
        let back_relevance: Vec<f64> = relevance.iter().rev().copied().collect();
        prop_assert_eq!(ndcg(&relevance, &score, Some(most)), ndcg(&back_relevance, &back, Some(most)));
        for metric in [average_precision_at, precision_at, recall_at, |hits: &[bool], score: &[f64], _| label_ranking_loss(hits, score)] {
            let found = metric(&hits, &score, most).unwrap();
            prop_assert_eq!(metric(&back_hits, &back, most).unwrap(), found.clone());
            prop_assert!(found.is_err() || (-1e-12..=1.0 + 1e-12).contains(&found.unwrap()));
        }
    }
}
