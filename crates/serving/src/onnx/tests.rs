use super::enforce::check_answer;
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

fn halt() -> Halt {
    Halt::new().unwrap()
}

/// Writes a field of a message that holds bytes.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for mut value in [number << 3 | 2, bytes.len() as u64] {
        while value > 0x7f {
            written.push(value as u8 & 0x7f | 0x80);
            value >>= 7;
        }
        written.push(value as u8);
    }
    [written, bytes.to_vec()].concat()
}

/// Writes a node with an attribute.
fn node(operator: &str, input: &str, output: &str, attribute: &[u8]) -> Vec<u8> {
    let named = [field(1, input.as_bytes()), field(2, output.as_bytes()), field(4, operator.as_bytes())].concat();
    field(1, &[named, field(5, attribute)].concat())
}

/// Returns why a model with these nodes is not loaded; what they lack beside is that it takes nothing.
fn said_of(nodes: &[Vec<u8>]) -> String {
    inspect(&field(7, &nodes.concat())).unwrap_err().to_string()
}

#[test]
fn what_the_runtime_would_merge_is_malformed_at_every_level() {
    let malformed = "the file is no ONNX model";
    let said = |model: &[u8]| inspect(model).unwrap_err().to_string();
    assert_eq!(said(&[CREDIT, &field(7, b"")].concat()), malformed, "a second graph");
    assert_eq!(said(&[field(7, b""), CREDIT.to_vec()].concat()), malformed, "a graph before");
    for (number, what) in [(5, "tensors"), (6, "graphs"), (22, "sparse tensors")] {
        let twice = [field(number, b""), field(number, b"")].concat();
        assert_eq!(said_of(&[node("Identity", "a", "b", &twice)]), malformed, "{what} of an attribute");
        assert_ne!(said_of(&[node("Identity", "a", "b", &field(number, b""))]), malformed, "{what}");
    }
    for number in [1, 2] {
        let twice = [field(number, b""), field(number, b"")].concat();
        assert_eq!(said_of(&[field(15, &twice)]), malformed, "field {number} of a sparse tensor");
    }
    // A value's type, the tensor in it, and that one's shape.
    let float = [8, 1].to_vec();
    let graph = |kind: &[u8]| said(&field(7, &field(11, &[field(1, b"x"), kind.to_vec()].concat())));
    assert_eq!(graph(&field(2, &field(1, &float))), "the model takes or gives no tensor, or more than 2000");
    assert_eq!(graph(&[field(2, &field(1, &float)), field(2, b"")].concat()), malformed);
    assert_eq!(graph(&field(2, &[field(1, &float), field(1, b"")].concat())), malformed);
    assert_eq!(graph(&field(2, &field(1, &[float.clone(), field(2, b""), field(2, b"")].concat()))), malformed);
    // A node with two operators is what the last one says, for the runtime.
    let two = field(1, &[field(4, b"Identity"), field(4, b"Loop")].concat());
    assert_eq!(said_of(&[two]), malformed);
}

#[test]
fn what_a_value_could_keep_running_or_growing_is_not_loaded() {
    let unbounded = |number: usize| {
        format!("node {number} uses an operator that may run on, or take more and more, whatever the model is given")
    };
    let no_tensor = "the model takes or gives no tensor, or more than 2000";
    for operator in ["Loop", "SequenceMap", "Range", "Tile", "Expand", "Resize", "RandomNormal", "Einsum", "New"] {
        assert_eq!(said_of(&[node("Sub", "a", "b", b""), node(operator, "a", "b", b"")]), unbounded(2), "{operator}");
        let inner = field(6, &node(operator, "a", "b", b""));
        assert_eq!(said_of(&[node("If", "c", "d", &inner)]), unbounded(2), "{operator} in a graph below");
        let among = field(11, &node(operator, "a", "b", b""));
        assert_eq!(said_of(&[node("If", "c", "d", &among)]), unbounded(2), "{operator} in one of many graphs below");
    }
    let scan = |inner: Vec<u8>| node("Scan", "a", "b", &field(6, &inner));
    assert_eq!(said_of(&[scan(node("Sub", "a", "b", b""))]), no_tensor);
    assert_eq!(said_of(&[scan(scan(Vec::new()))]), unbounded(2));
    assert_eq!(said_of(&[scan(node("If", "a", "b", &field(6, &scan(Vec::new()))))]), unbounded(3));
    let (shape, made) = (node("Shape", "x", "s", b""), node("ConstantOfShape", "s", "z", b""));
    assert_eq!(said_of(&[made.clone(), shape.clone()]), no_tensor);
    assert_eq!(said_of(std::slice::from_ref(&made)), unbounded(1), "of what it is given");
    let (made, cast) = (node("ConstantOfShape", "t", "z", b""), node("Cast", "s", "t", b""));
    assert_eq!(said_of(&[shape, cast, made]), unbounded(3));
    let function = [field(7, b""), field(25, b"")].concat();
    assert_eq!(inspect(&function).unwrap_err(), ModelError::Functions);
}

#[test]
fn what_scikit_learn_exports_to_is_loaded() {
    for (bytes, name) in [
        (&include_bytes!("../../fixtures/boosted.onnx")[..], "ColumnTransformer and gradient boosting"),
        (include_bytes!("../../fixtures/neighbours.onnx"), "neighbours"),
        (include_bytes!("../../fixtures/adaboost.onnx"), "AdaBoost"),
    ] {
        let signature = signature_of(bytes, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
        Model::load(&library(), bytes, &signature).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_run_is_halted() {
    let model = Model::load(&library(), CREDIT, &credit()).unwrap();
    let halted = halt();
    halted.halt();
    let row = || vec![named("X", &[1, 3], Data::Fp32(vec![0.0; 3]))];
    assert!(matches!(model.run(row(), &halted), Err(RunError::Failed(_))));
    assert!(model.run(row(), &halt()).is_ok(), "another goes on");
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
    expect!["the model uses operators that are not ONNX's own, and only those are run"]
        .assert_eq(&said(include_bytes!("../../fixtures/domain.onnx")));
    expect!["the model keeps a tensor in another file: export it as one file"]
        .assert_eq(&said(include_bytes!("../../fixtures/external.onnx")));
    expect!["input 1 is of a type that is not served"].assert_eq(&said(include_bytes!("../../fixtures/half.onnx")));
    expect!["output 2 is a map or a sequence: export with `zipmap=False`"]
        .assert_eq(&said(include_bytes!("../../fixtures/zipmap.onnx")));
    expect!["the file is no ONNX model"].assert_eq(&said(b"hello"));
    expect!["the file is no ONNX model"].assert_eq(&said(b""));
    expect!["the file is no ONNX model"].assert_eq(&said(&CREDIT[..CREDIT.len() - 1]));
    let few = signature_of(CREDIT, &["a".into()]).unwrap_err().to_string();
    expect!["the signature does not fit the model: 1 columns are named, but the input takes more or fewer"]
        .assert_eq(&few);
}

#[test]
fn nothing_that_is_said_of_a_file_repeats_a_word_of_it() {
    const ROWS: &str = ",duration_in_month,credit_amount\n0,6,1169\n1,48,5951\n";
    let rows = ROWS.as_bytes();
    // A tensor of a name, of one of ONNX's types and of a value for each row.
    let tensor = |kind: u8| {
        let kind = [vec![8, kind], field(2, &field(1, b""))].concat();
        [field(1, rows), field(2, &field(1, &kind))].concat()
    };
    let shapeless = [field(1, rows), field(2, &field(1, &[8, 1]))].concat();
    let float = [field(11, &tensor(1)), field(12, &tensor(1))].concat();
    let columns = |text: &str| field(14, &[field(1, b"columns"), field(2, text.as_bytes())].concat());
    let listed = serde_json::to_string(&[ROWS, ROWS]).unwrap();
    let nodes = |nodes: Vec<u8>| field(7, &[nodes, float.clone()].concat());
    let (plain, twice) = (nodes(Vec::new()), field(7, &[float.clone(), field(12, &tensor(1))].concat()));
    let outside = field(5, &[field(8, rows), field(13, rows)].concat());
    let of_domain = field(1, &[field(4, b"Sub"), field(7, rows)].concat());
    let models = [
        ("two outputs of one name", twice),
        ("columns that do not fit", [plain.clone(), columns(&listed)].concat()),
        ("columns that are no list", [plain.clone(), columns(ROWS)].concat()),
        ("an operator", nodes(node(ROWS, "a", "b", b""))),
        ("an operator's domain", nodes(of_domain)),
        ("a domain", [plain, field(8, &field(1, rows))].concat()),
        ("a weight in another file", nodes(outside)),
        ("a type", field(7, &[field(11, &tensor(10)), field(12, &tensor(1))].concat())),
        ("an output without a shape", field(7, &[float.clone(), field(12, &shapeless)].concat())),
        ("a sequence", field(7, &field(12, &[field(1, rows), field(2, &field(4, b""))].concat()))),
    ];
    for (name, model) in models {
        let said = columns_of(&model).and_then(|columns| signature_of(&model, &columns)).unwrap_err().to_string();
        assert!(!said.contains("duration") && !said.contains("1169"), "{name}: {said}");
    }
    // The runtime has more to say, of what it does not load.
    let broken = nodes(node("Sub", ROWS, ROWS, b""));
    let signature = signature_of(&broken, &[]).unwrap();
    let other = Signature { outputs: credit().outputs, ..signature.clone() };
    for signature in [signature, other] {
        let said = Model::load(&library(), &broken, &signature).unwrap_err();
        assert!(!said.contains("duration") && !said.contains("1169"), "{said}");
    }
}

#[test]
fn a_text_that_is_no_value_of_the_target_is_not_answered() {
    let label = Tensor { name: "label".into(), datatype: Datatype::Bytes, shape: vec![-1], values: Vec::new() };
    let known = Tensor { values: vec!["bad".into(), "good".into()], ..label.clone() };
    let texts = |texts: &[&str]| {
        let values: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
        named("label", &[texts.len()], Data::Bytes(values))
    };
    let check = |known: &Tensor, rows: usize, given: &[&str]| check_answer(known, Some(rows), &texts(given));
    assert_eq!(check(&known, 2, &["good", "bad"]), Ok(()));
    assert_eq!(check(&known, 0, &[]), Ok(()));
    for other in ["r1,6,1169,critical account", "Good", ""] {
        assert_eq!(check(&known, 2, &["good", other]), Err(RunError::Unknown), "{other}");
    }
    assert!(!RunError::Unknown.to_string().contains('`'), "the text itself is not said");
    // A row asked about is a prediction answered, whatever the model has to tell beside.
    assert_eq!(check(&known, 1, &["good", "bad"]), Err(RunError::Unlike));
    assert_eq!(check(&label, 1, &["released before values were kept"]), Ok(()));
    let odds =
        Tensor { name: "probabilities".into(), datatype: Datatype::Fp32, shape: vec![-1, 2], values: Vec::new() };
    let given = |shape: &[usize]| named("probabilities", shape, Data::Fp32(vec![0.0; shape.iter().product()]));
    assert_eq!(check_answer(&odds, Some(3), &given(&[3, 2])), Ok(()));
    assert_eq!(check_answer(&odds, Some(3), &given(&[3, 600])), Err(RunError::Unlike));
    assert_eq!(check_answer(&odds, None, &given(&[3, 2])), Ok(()));
    for (rows, shape) in [(0, &[0, 1169, 6][..]), (0, &[0, 1169]), (3, &[2, 3]), (3, &[3, 2, 1]), (3, &[6]), (1, &[2])]
    {
        assert_eq!(check_answer(&odds, Some(rows), &given(shape)), Err(RunError::Unlike), "{shape:?} for {rows}");
    }
    assert_eq!(check_answer(&odds, Some(0), &given(&[0, 2])), Ok(()));
}

/// One that gives back what it takes, two numbers for each row. Before answers were held to their shape, such a file made a signature
/// of one number for each row; loaded with that, it would fail every call.
#[test]
fn an_output_that_declares_no_shape_is_neither_released_nor_loaded() {
    let value = |name: &str, shape: &[u8]| {
        let float = [vec![8, 1], shape.to_vec()].concat();
        [field(1, name.as_bytes()), field(2, &field(1, &float))].concat()
    };
    let two = field(2, &[field(1, b""), field(1, &[8, 2])].concat());
    let model = |given: &[u8]| {
        let node = [field(1, b"x"), field(2, b"variable"), field(4, b"Identity")].concat();
        let values = [field(11, &value("x", &two)), field(12, &value("variable", given))].concat();
        let graph = [field(1, &node), field(2, b"given back"), values].concat();
        // Of the format's version 8, with the operators of version 17.
        [vec![8, 8], field(8, &[16, 17]), field(7, &graph)].concat()
    };
    let declared = signature_of(&model(&two), &[]).unwrap();
    let rows = || vec![named("x", &[3, 2], Data::Fp32(vec![0.5; 6]))];
    let answer = Model::load(&library(), &model(&two), &declared).unwrap().run(rows(), &halt()).unwrap();
    assert_eq!(answer, [named("variable", &[3, 2], Data::Fp32(vec![0.5; 6]))]);
    let why = "output 1 declares no shape: export the model with the shape of each output, such as `[None, 2]`";
    assert_eq!(signature_of(&model(b""), &[]).unwrap_err().to_string(), why);
    let mut before = declared;
    before.outputs[0].shape = vec![-1];
    assert_eq!(Model::load(&library(), &model(b""), &before).unwrap_err(), why);
}

/// The label of this model is a text: what it says of a row is answered where the manifest names it, and nowhere else.
#[test]
fn a_model_answers_with_the_values_that_its_signature_names() {
    let file = include_bytes!("../../fixtures/applications.onnx");
    let run = |values: &[&str]| {
        let mut signature = signature_of(file, &[]).unwrap();
        signature.outputs[0].values = values.iter().map(|value| (*value).to_owned()).collect();
        let model = Model::load(&library(), file, &signature).unwrap();
        let purpose = named("loan_purpose", &[1, 1], Data::Bytes(vec![b"car (new)".to_vec()]));
        let amount = named("credit_amount", &[1, 1], Data::Fp32(vec![2.0]));
        model.run(vec![amount, purpose], &halt()).map(|mut outputs| outputs.remove(0).data)
    };
    assert_eq!(run(&["bad", "good"]), Ok(Data::Bytes(vec![b"bad".to_vec()])));
    assert_eq!(run(&["good"]), Err(RunError::Unknown));
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
    let outputs = model.run(vec![rows], &halt()).unwrap();
    assert_eq!(outputs[0], named("label", &[2], Data::Int64(vec![1, 0])));
    // Python's onnxruntime 1.32.0 on the same rows.
    let Data::Fp32(odds) = &outputs[1].data else { panic!("{:?}", outputs[1]) };
    for (found, expected) in odds.iter().zip([0.02734295_f32, 0.9726571, 0.9930712, 0.0069288]) {
        assert!((found - expected).abs() < 1e-6, "{odds:?}");
    }
    let none = model.run(vec![named("X", &[0, 3], Data::Fp32(Vec::new()))], &halt()).unwrap();
    assert_eq!(none[0], named("label", &[0], Data::Int64(Vec::new())));
}

#[test]
fn a_model_of_columns_takes_texts_and_refuses_what_it_does_not_know() {
    let model = Model::load(&library(), COLUMNS, &signature_of(COLUMNS, &[]).unwrap()).unwrap();
    let row = |purpose: &str| {
        let texts = named("purpose", &[1], Data::Bytes(vec![purpose.as_bytes().to_vec()]));
        check(model.signature(), asked(vec![floats("amount", &[2.0]), texts])).unwrap().inputs
    };
    assert_eq!(model.run(row("car"), &halt()).unwrap()[0].data, Data::Int64(vec![1]));
    let refused = model.run(row("boat"), &halt()).unwrap_err();
    assert_eq!(refused.to_string(), "the model cannot compute these inputs");
}

#[test]
fn a_model_that_its_signature_does_not_fit_is_not_loaded() {
    let other = Signature { outputs: credit().outputs[..1].to_vec(), ..credit() };
    let said = Model::load(&library(), CREDIT, &other).unwrap_err();
    assert_eq!(said, "the signature does not fit the model: it gives other tensors");
    let typed = Signature {
        inputs: vec![Tensor { datatype: Datatype::Fp64, ..credit().inputs[0].clone() }],
        columns: Vec::new(),
        ..credit()
    };
    assert!(Model::load(&library(), CREDIT, &typed).is_err());
    let absent = Library::load(Some("/nowhere/libonnxruntime.so".as_ref())).unwrap_err();
    expect!["the ONNX runtime is not installed: run `scripts/need onnxruntime`, or set `[serving] onnxruntime` to the file `libonnxruntime.so.…`, and restart the server"]
        .assert_eq(&absent.to_string());
}
