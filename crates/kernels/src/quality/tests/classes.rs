use super::super::tests::testdata::{check, class_rows, near, wrong};
use super::super::*;
use crate::mix;
use proptest::prelude::*;

#[test]
fn golden_values_of_scikit_learn() {
    let rows = class_rows();
    let plain = ClassConfusion::of(&rows.truth, &rows.prediction, None).unwrap();
    let weighted = ClassConfusion::of(&rows.truth, &rows.prediction, Some(&rows.weight)).unwrap();
    // scikit-learn 1.9.1, golden/quality.py
    check(&plain.metrics(Gaps::Zero), &ZERO);
    check(&weighted.metrics(Gaps::Zero), &ZERO_WEIGHTED);
    // Only the class that is never true has a gap, and only in its recall: `zero_division=nan` leaves it out.
    for (confusion, golden, recall) in [(plain, ZERO, RECALL), (weighted, ZERO_WEIGHTED, RECALL_WEIGHTED)] {
        check(
            &confusion.metrics(Gaps::LeaveOut),
            &golden.map(|(id, value)| (id, if id == "recall_macro" { recall } else { value })),
        );
    }
}

#[test]
fn two_classes_are_a_binary_task() {
    let rows = super::super::tests::testdata::rows();
    let codes = |column: &[bool]| column.iter().map(|&value| u32::from(value)).collect::<Vec<u32>>();
    let classes = ClassConfusion::of(&codes(&rows.truth), &codes(&rows.prediction), None).unwrap();
    let binary = Confusion::of(&rows.truth, &rows.prediction, None).unwrap();
    assert_eq!(classes.per_class()[1].1, binary);
    for (found, expected) in [
        (classes.balanced_accuracy(), binary.balanced_accuracy()),
        (classes.matthews_corrcoef(), binary.matthews_corrcoef()),
        (classes.cohen_kappa(), binary.cohen_kappa()),
    ] {
        assert!(near(found.unwrap(), expected.unwrap()));
    }
}

#[test]
fn odd_rows_have_an_answer() {
    let of = |truth: &[u32], prediction: &[u32]| ClassConfusion::of(truth, prediction, None).unwrap();
    assert!(of(&[], &[]).metrics(Gaps::Zero).iter().all(|(_, value)| value.is_err()));
    assert_eq!(of(&[], &[]).accuracy(), Err(empty()));
    let single = of(&[3], &[3]);
    assert_eq!(single.accuracy(), Ok(1.0));
    assert_eq!(single.balanced_accuracy(), Err(constant("truth")));
    assert_eq!(single.matthews_corrcoef(), Err(constant("truth")));
    assert_eq!(single.cohen_kappa(), Err(constant("truth and prediction")));
    assert_eq!(of(&[0, 1], &[2, 2]).matthews_corrcoef(), Err(constant("prediction")));
    // A prediction that the truth never has: its recall does not exist, and the mean says so.
    let unseen = of(&[0, 0, 1], &[0, 7, 1]);
    let recall = |gaps| unseen.macro_mean(Confusion::recall, gaps).unwrap();
    assert_eq!(recall(Gaps::LeaveOut), Average { value: 0.75, over: 2, without: 1 });
    assert_eq!(recall(Gaps::Zero), Average { value: 0.5, over: 3, without: 1 });
    wrong("prediction", ClassConfusion::of(&[0], &[], None));
    wrong("prediction", ClassCells::of(&[0], &[], None));
    wrong("weights", ClassCells::of(&[0], &[0], None).unwrap().metrics(&[], Gaps::Zero));
    let odd = ClassConfusion::of(&[0; 3], &[0; 3], Some(&[f64::NAN, -1.0, 2.0])).unwrap();
    assert_eq!((odd.total(), odd.left_out()), (2.0, 2));
    let weightless = ClassConfusion::of(&[0, 1], &[0, 1], Some(&[0.0; 2])).unwrap();
    assert!(matches!(weightless.accuracy(), Err(Reason::Empty(_))));
    // Nothing right is 0, not −0.
    assert_eq!(of(&[0, 1], &[1, 0]).accuracy().map(f64::to_bits), Ok(0));
    assert_eq!(of(&[], &[]).total().to_bits(), 0);
}

#[test]
fn costs_are_of_any_pair() {
    let confusion = ClassConfusion::of(&[0, 1, 2, 2], &[0, 2, 2, 1], Some(&[1.0, 2.0, 1.0, 1.0])).unwrap();
    let costs = |truth, prediction| f64::from(truth) * 10.0 + f64::from(prediction);
    assert_eq!(confusion.cost(costs), Ok(Ok((0.0 + 2.0 * 12.0 + 22.0 + 21.0) / 5.0)));
    wrong("cost", confusion.cost(|_, _| f64::NAN));
    assert_eq!(ClassConfusion::default().cost(|_, _| 1.0), Ok(Err(empty())));
}

#[test]
fn a_rare_class_keeps_its_digits() {
    // Against the binary counts, which add up disagreements; a share of 1e-17 is lost in 1 − share.
    for cells in [[1e9, 1.0, 0.0, 1.0], [1e9, 1.0, 1.0, 1e9], [1.0, 1e-17, 0.0, 1e-17], [3.0, 1e8, 2.0, 5.0]] {
        let [tn, fp, fneg, tp] = cells;
        let binary =
            Confusion { true_positive: tp, false_positive: fp, false_negative: fneg, true_negative: tn, left_out: 0 };
        let classes = ClassConfusion::from_cells([(0, 0, tn), (0, 1, fp), (1, 0, fneg), (1, 1, tp)].into_iter());
        let [kappa, mcc] = [classes.cohen_kappa(), classes.matthews_corrcoef()].map(Result::unwrap);
        let (of_two, mcc_of_two) = (binary.cohen_kappa().unwrap(), binary.matthews_corrcoef().unwrap());
        assert!((kappa / of_two - 1.0).abs() < 1e-9, "{cells:?}: {kappa} {of_two}");
        assert!((mcc / mcc_of_two - 1.0).abs() < 1e-9, "{cells:?}: {mcc} {mcc_of_two}");
    }
}

#[test]
fn many_classes_are_no_matter() {
    let truth: Vec<u32> = (0..100_000).collect();
    let prediction: Vec<u32> = truth.iter().map(|class| class ^ 1).collect();
    let confusion = ClassConfusion::of(&truth, &prediction, None).unwrap();
    assert_eq!((confusion.cells().len(), confusion.accuracy()), (100_000, Ok(0.0)));
    assert_eq!(confusion.macro_mean(Confusion::recall, Gaps::LeaveOut).unwrap().over, 100_000);
    // A look is linear in rows and pairs: cells are found once.
    let cells = ClassCells::of(&truth, &prediction, None).unwrap();
    let resampling = Resampling { ids: &(0..100_000).collect::<Vec<u64>>(), weights: None, seed: 1 };
    let found = resampling.replicates(0..3, |weights| Ok(vec![("accuracy", cells.confusion(weights)?.accuracy())]));
    assert_eq!(found.unwrap(), vec![vec![("accuracy", Ok(0.0))]; 3]);
}

proptest! {
    #[test]
    fn any_order_and_split_gives_equal_bits(seed in any::<u64>(), count in 0u64..80, cut in 0usize..80) {
        let column = |stream: u64| (0..count).map(|row| (mix(seed ^ stream, row) % 5) as u32).collect::<Vec<u32>>();
        let (truth, prediction) = (column(1), column(2));
        let whole = ClassConfusion::of(&truth, &prediction, None).unwrap();
        let cut = cut.min(truth.len());
        let mut merged = ClassConfusion::of(&truth[cut..], &prediction[cut..], None).unwrap();
        merged.merge(&ClassConfusion::of(&truth[..cut], &prediction[..cut], None).unwrap());
        prop_assert_eq!(&merged, &whole);
        // Other names for the classes change nothing.
        let renamed = |column: &[u32]| column.iter().map(|class| 90 - class).collect::<Vec<u32>>();
        let other = ClassConfusion::of(&renamed(&truth), &renamed(&prediction), None).unwrap();
        for ((id, a), (_, b)) in whole.metrics(Gaps::Zero).into_iter().zip(other.metrics(Gaps::Zero)) {
            prop_assert!(a == b || near(a.unwrap(), b.unwrap()), "{}", id);
        }
    }
}

const ZERO: [(&str, f64); 19] = [
    ("accuracy", 0.6833333333333333),
    ("balanced_accuracy", 0.6689560439560439),
    ("matthews_corrcoef", 0.6057153233590159),
    ("cohen_kappa", 0.5909580193756727),
    ("precision_micro", 0.6833333333333333),
    ("recall_micro", 0.6833333333333333),
    ("f1_micro", 0.6833333333333333),
    ("jaccard_micro", 0.5189873417721519),
    ("precision_macro", 0.6467063492063492),
    ("recall_macro", 0.5351648351648352),
    ("specificity_macro", 0.9254158068265376),
    ("f1_macro", 0.5762237762237762),
    ("jaccard_macro", 0.45491990846681923),
    ("precision_weighted", 0.8172420634920635),
    ("recall_weighted", 0.6833333333333333),
    ("f0_5_weighted", 0.7779879225591265),
    ("f1_weighted", 0.7337451437451438),
    ("f2_weighted", 0.7008510706704917),
    ("jaccard_weighted", 0.5857088373106679),
];
const ZERO_WEIGHTED: [(&str, f64); 19] = [
    ("accuracy", 0.6883116883116883),
    ("balanced_accuracy", 0.6845171464108031),
    ("matthews_corrcoef", 0.615942952489358),
    ("cohen_kappa", 0.6016859852476291),
    ("precision_micro", 0.6883116883116883),
    ("recall_micro", 0.6883116883116883),
    ("f1_micro", 0.6883116883116883),
    ("jaccard_micro", 0.5247524752475248),
    ("precision_macro", 0.6638095238095237),
    ("recall_macro", 0.5476137171286425),
    ("specificity_macro", 0.9263860552839699),
    ("f1_macro", 0.5900851457208194),
    ("jaccard_macro", 0.46961572909848776),
    ("precision_weighted", 0.8298632584346871),
    ("recall_weighted", 0.6883116883116883),
    ("f0_5_weighted", 0.7866221419860201),
    ("f1_weighted", 0.7401366501935762),
    ("f2_weighted", 0.7063999264867895),
    ("jaccard_weighted", 0.5904333015842197),
];
const RECALL: f64 = 0.6689560439560439;
const RECALL_WEIGHTED: f64 = 0.6845171464108031;
