use super::*;
use crate::signature::{Datatype, Signature, Tensor};
use crate::wire::{Data, InferRequest, Named, Wanted};
use expect_test::expect;
use proptest::prelude::*;

const CREDIT: &[u8] = include_bytes!("../../fixtures/credit.onnx");
const COLUMNS: &[u8] = include_bytes!("../../fixtures/columns.onnx");

fn credit() -> Signature {
    signature_of(CREDIT, &["income", "debt", "age"].map(str::to_owned)).unwrap()
}

fn library() -> Library {
    Library::load(Some(&testkit::onnxruntime())).unwrap()
}

fn named(name: &str, shape: &[usize], data: Data) -> Named {
    Named { name: name.into(), shape: shape.to_vec(), data }
}

fn floats(name: &str, values: &[f32]) -> Named {
    named(name, &[values.len()], Data::Fp32(values.to_vec()))
}

fn asked(inputs: Vec<Named>) -> InferRequest {
    InferRequest { id: None, inputs, wanted: None, binary: false }
}

#[test]
fn a_file_says_what_the_model_takes_and_gives() {
    let shown = |signature: &Signature| {
        let line = |tensor: &Tensor| format!("{} {} {:?}", tensor.name, tensor.datatype, tensor.shape);
        let inputs: Vec<_> = signature.inputs.iter().map(line).collect();
        let outputs: Vec<_> = signature.outputs.iter().map(line).collect();
        format!("{} -> {}", inputs.join(", "), outputs.join(", "))
    };
    expect!["X FP32 [-1, 3] -> label INT64 [-1], probabilities FP32 [-1, 2]"].assert_eq(&shown(&credit()));
    expect!["amount FP32 [-1, 1], purpose BYTES [-1, 1] -> label INT64 [-1], probabilities FP32 [-1, 2]"]
        .assert_eq(&shown(&signature_of(COLUMNS, &[]).unwrap()));
    assert!(inspect(CREDIT).unwrap().nodes > 0);
}

#[test]
fn a_file_that_we_do_not_load_says_why() {
    let said = |bytes: &[u8]| inspect(bytes).unwrap_err().to_string();
    expect!["the model uses operators of `com.example`: only ONNX's own are run"]
        .assert_eq(&said(include_bytes!("../../fixtures/domain.onnx")));
    expect!["the model keeps tensor `w` in another file: export it as one file"]
        .assert_eq(&said(include_bytes!("../../fixtures/external.onnx")));
    expect!["tensor `x` is of a type that is not served (ONNX's number 10)"]
        .assert_eq(&said(include_bytes!("../../fixtures/half.onnx")));
    expect!["tensor `output_probability` is a map or a sequence: export with `zipmap=False`"]
        .assert_eq(&said(include_bytes!("../../fixtures/zipmap.onnx")));
    expect!["the file is no ONNX model"].assert_eq(&said(b"hello"));
    expect!["the file is no ONNX model"].assert_eq(&said(b""));
    expect!["the file is no ONNX model"].assert_eq(&said(&CREDIT[..CREDIT.len() - 1]));
    let few = signature_of(CREDIT, &["a".into()]).unwrap_err().to_string();
    expect!["the signature does not fit the model: 1 columns are named, but `X` takes 3"].assert_eq(&few);
}

proptest! {
    /// Whatever is in a file, it is looked at without harm.
    #[test]
    fn nothing_in_a_file_does_harm(at in 0..389_usize, byte: u8, cut in 0..389_usize) {
        let mut bytes = CREDIT.to_vec();
        bytes[at] = byte;
        let _ = inspect(&bytes);
        let _ = inspect(&bytes[..cut]);
        let _ = inspect(&bytes[cut..]);
    }
}

#[test]
fn a_tensor_per_column_becomes_the_one_that_the_model_takes() {
    let columns = vec![floats("debt", &[3.0, 4.0]), floats("income", &[1.0, 2.0]), floats("age", &[5.0, 6.0])];
    let ids = named("record_id", &[2], Data::Bytes(vec![b"a".to_vec(), b"b".to_vec()]));
    let checked = check(&credit(), asked([columns, vec![ids]].concat())).unwrap();
    assert_eq!(checked.inputs, [named("X", &[2, 3], Data::Fp32(vec![1.0, 3.0, 5.0, 2.0, 4.0, 6.0]))]);
    assert_eq!((checked.rows, checked.records), (2, Some(vec![b"a".to_vec(), b"b".to_vec()])));
    assert_eq!(checked.outputs, [(0, false), (1, false)]);
    let whole = check(&credit(), asked(vec![named("X", &[1, 3], Data::Fp32(vec![0.0; 3]))])).unwrap();
    assert_eq!((whole.rows, whole.records), (1, None));
}

#[track_caller]
fn refuses(signature: &Signature, inputs: Vec<Named>, words: &str) {
    let said = check(signature, asked(inputs)).unwrap_err().to_string();
    assert!(said.contains(words), "{said}");
}

#[test]
fn what_does_not_fit_the_signature_is_refused_by_name() {
    let credit = &credit();
    let three = |rows: usize| ["income", "debt", "age"].map(|name| floats(name, &vec![0.0; rows])).to_vec();
    refuses(credit, three(1)[..2].to_vec(), "input `age`: is missing");
    refuses(credit, [three(1), vec![floats("rate", &[1.0])]].concat(), "input `rate`: is not an input of this model");
    refuses(
        credit,
        [three(2)[..2].to_vec(), vec![floats("age", &[1.0])]].concat(),
        "input `age`: has 1 rows, the others have 2",
    );
    let double = named("age", &[1], Data::Fp64(vec![1.0]));
    refuses(credit, [three(1)[..2].to_vec(), vec![double]].concat(), "input `age`: is FP64, the model takes FP32");
    let wide = named("age", &[1, 2], Data::Fp32(vec![1.0; 2]));
    refuses(credit, [three(1)[..2].to_vec(), vec![wide]].concat(), "input `age`: has the shape [1, 2]");
    refuses(
        credit,
        vec![named("X", &[1, 4], Data::Fp32(vec![0.0; 4]))],
        "input `X`: has the shape [1, 4], the model takes [-1, 3]",
    );
    refuses(credit, vec![named("X", &[3], Data::Fp32(vec![0.0; 3]))], "input `X`: has the shape [3]");
    refuses(credit, vec![named("X", &[1, 3], Data::Int64(vec![0; 3]))], "input `X`: is INT64");
    let ids = |shape: &[usize], data| [three(2), vec![named("record_id", shape, data)]].concat();
    refuses(credit, ids(&[2], Data::Int64(vec![1, 2])), "input `record_id`: is INT64, it takes BYTES");
    refuses(
        credit,
        ids(&[1], Data::Bytes(vec![vec![]])),
        "input `record_id`: has the shape [1], the request has 2 rows",
    );
    let columns = &signature_of(COLUMNS, &[]).unwrap();
    let bad = named("purpose", &[1], Data::Bytes(vec![vec![0xff]]));
    refuses(columns, vec![floats("amount", &[1.0]), bad], "input `purpose`: value 0 is no UTF-8");
    let wanted = |names: &[&str]| {
        let wanted = names.iter().map(|name| Wanted { name: (*name).into(), binary: true }).collect();
        check(credit, InferRequest { wanted: Some(wanted), ..asked(three(1)) })
    };
    assert!(wanted(&["odds"]).unwrap_err().to_string().contains("output `odds`: is not an output of this model"));
    assert!(wanted(&["label", "label"]).unwrap_err().to_string().contains("output `label`: is asked for twice"));
    assert_eq!(wanted(&["probabilities"]).unwrap().outputs, [(1, true)]);
}

#[test]
fn a_model_answers_as_the_reference_does() {
    let model = Model::load(&library(), CREDIT, &credit()).unwrap();
    let rows = named("X", &[2, 3], Data::Fp32(vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0]));
    let outputs = model.run(vec![rows]).unwrap();
    assert_eq!(outputs[0], named("label", &[2], Data::Int64(vec![1, 0])));
    // Python's onnxruntime 1.32.0 on the same rows.
    let Data::Fp32(odds) = &outputs[1].data else { panic!("{:?}", outputs[1]) };
    for (found, expected) in odds.iter().zip([0.02734295_f32, 0.9726571, 0.9930712, 0.0069288]) {
        assert!((found - expected).abs() < 1e-6, "{odds:?}");
    }
    let none = model.run(vec![named("X", &[0, 3], Data::Fp32(Vec::new()))]).unwrap();
    assert_eq!(none[0], named("label", &[0], Data::Int64(Vec::new())));
}

#[test]
fn a_model_of_columns_takes_texts_and_refuses_what_it_does_not_know() {
    let model = Model::load(&library(), COLUMNS, &signature_of(COLUMNS, &[]).unwrap()).unwrap();
    let row = |purpose: &str| {
        let texts = named("purpose", &[1], Data::Bytes(vec![purpose.as_bytes().to_vec()]));
        check(model.signature(), asked(vec![floats("amount", &[2.0]), texts])).unwrap().inputs
    };
    assert_eq!(model.run(row("car")).unwrap()[0].data, Data::Int64(vec![1]));
    let refused = model.run(row("boat")).unwrap_err();
    assert_eq!(refused.to_string(), "the model cannot compute these inputs");
}

#[test]
fn a_model_that_its_signature_does_not_fit_is_not_loaded() {
    let other = Signature { outputs: credit().outputs[..1].to_vec(), ..credit() };
    let said = Model::load(&library(), CREDIT, &other).unwrap_err();
    assert!(said.starts_with("the signature does not fit the model: it gives label"), "{said}");
    let typed = Signature {
        inputs: vec![Tensor { datatype: Datatype::Fp64, ..credit().inputs[0].clone() }],
        columns: Vec::new(),
        ..credit()
    };
    assert!(Model::load(&library(), CREDIT, &typed).is_err());
    let absent = Library::load(Some("/nowhere/libonnxruntime.so".as_ref())).unwrap_err();
    expect!["the ONNX runtime is not installed: run `scripts/need onnxruntime`, or set `[serving] onnxruntime` to the file `libonnxruntime.so.…`"]
        .assert_eq(&absent.to_string());
}
