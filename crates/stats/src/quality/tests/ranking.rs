use super::*;

/// Five queries of eight items, as in golden/quality.py.
fn rows() -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let relevance = (0..40).map(|row| (unit(80, row) * 4.0).floor()).collect();
    let score = (0..40).map(|row| (unit(81, row) * 6.0).floor() / 6.0).collect();
    (relevance, score, (0..40).map(|row| f64::from(row / 8)).collect())
}

pub(super) fn inputs() -> Inputs {
    let (relevance, score, query) = rows();
    Inputs {
        scores: vec![numbers_column("s", &score)],
        query: Some(numbers_column("q", &query)),
        ..Inputs::of(numbers_column("y", &relevance))
    }
}

pub(super) fn ranking() -> Asked {
    Asked { k: 3, ..Asked::of(Task::Ranking) }
}

#[test]
fn golden_values_of_scikit_learn() {
    let found = quality(&inputs(), &ranking()).unwrap();
    check(&found, &GOLDEN);
    assert_eq!(found.detail, Detail::Ranking { queries: 5 });
    assert!(found.metrics.iter().all(|metric| !words::meaning(metric.id).is_empty()), "{:?}", found.metrics);
    assert!(found.headline().starts_with("On 40 rows of 5 queries, NDCG is 0.8596"), "{}", found.headline());
    assert_eq!(found.to_json()["rows"]["queries"], 5);
}

#[test]
fn rows_of_a_query_need_not_stand_together() {
    let (relevance, score, query) = rows();
    let order: Vec<usize> = (0..40).map(|row| row * 7 % 40).collect();
    let take = |column: &[f64]| order.iter().map(|&row| column[row]).collect::<Vec<f64>>();
    let shuffled = Inputs {
        scores: vec![numbers_column("s", &take(&score))],
        query: Some(numbers_column("q", &take(&query))),
        ..Inputs::of(numbers_column("y", &take(&relevance)))
    };
    check(&quality(&shuffled, &ranking()).unwrap(), &GOLDEN);
}

#[test]
fn a_query_without_a_number_is_counted_and_left_out() {
    let (mut relevance, score, query) = rows();
    relevance[8..16].fill(0.0);
    let found = quality(&Inputs { truth: numbers_column("y", &relevance), ..inputs() }, &ranking()).unwrap();
    assert!(found.metric("ndcg").unwrap().value.is_ok());
    assert!(found.notes().iter().any(|note| note.starts_with("1 of 5 queries have no NDCG")), "{:?}", found.notes());
    // A query that weighs nothing is not there.
    let weigh = |row: &f64| if *row == 1.0 { 0.0 } else { 2.0 };
    let weighted =
        Inputs { weights: Some(numbers_column("w", &query.iter().map(weigh).collect::<Vec<_>>())), ..inputs() };
    let of_four = quality(&weighted, &ranking()).unwrap();
    assert_eq!(of_four.detail, Detail::Ranking { queries: 4 });
    assert_eq!(of_four.metric("ndcg").unwrap().value, found.metric("ndcg").unwrap().value);
    assert_eq!(score.len(), 40);
}

#[test]
fn without_queries_all_rows_are_one() {
    let found = quality(&Inputs { query: None, ..inputs() }, &ranking()).unwrap();
    assert_eq!(found.detail, Detail::Ranking { queries: 1 });
    let none = Inputs { scores: vec![], ..inputs() };
    refused(quality(&none, &ranking()), "`score` is 0 columns: expected one column, which orders the items");
    let predicted = Inputs { prediction: Some(numbers_column("p", &[0.0; 40])), ..inputs() };
    refused(quality(&predicted, &ranking()), "`prediction` is given: expected none, for the task is `ranking`");
    refused(
        quality(&Inputs { query: None, ..inputs() }, &Asked { k: 0, ..ranking() }),
        "`k` is 0: expected a number from 1 to 4294967295",
    );
}

// scikit-learn 1.9.1, crates/kernels/golden/quality.py
const GOLDEN: [(&str, f64); 7] = [
    ("ndcg", 0.8596469880899533),
    ("ndcg_at_k", 0.6746161171283735),
    ("dcg", 7.041858477388885),
    ("dcg_at_k", 4.007906338095276),
    ("label_ranking_average_precision", 0.8684920634920635),
    ("coverage_error", 8.0),
    ("label_ranking_loss", 0.6166666666666666),
];
