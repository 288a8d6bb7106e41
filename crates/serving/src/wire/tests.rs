use super::*;
use crate::signature::Datatype;
use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

fn input(datatype: &str, shape: &[i64], data: Value) -> Value {
    json!({ "inputs": [{ "name": "x", "datatype": datatype, "shape": shape, "data": data }] })
}

#[track_caller]
fn takes(body: &Value, expected: &Data) {
    let read = read(body.to_string().as_bytes(), None).unwrap();
    assert_eq!(&read.inputs[0].data, expected);
}

#[track_caller]
fn refuses(body: &Value, words: &str) {
    let said = read(body.to_string().as_bytes(), None).unwrap_err().to_string();
    assert!(said.contains(words), "{said}");
}

#[test]
fn values_are_nested_or_flat_and_of_every_type() {
    takes(&input("FP32", &[2, 2], json!([[1, 2.5], [-3, 4e2]])), &Data::Fp32(vec![1.0, 2.5, -3.0, 400.0]));
    takes(&input("FP64", &[3], json!([1, 2.5, -0.1])), &Data::Fp64(vec![1.0, 2.5, -0.1]));
    takes(&input("INT64", &[2], json!([i64::MIN, 3.0])), &Data::Int64(vec![i64::MIN, 3]));
    takes(&input("UINT64", &[1], json!([u64::MAX])), &Data::Uint64(vec![u64::MAX]));
    takes(&input("INT8", &[2], json!([-128, 127])), &Data::Int8(vec![-128, 127]));
    takes(&input("BOOL", &[1, 2], json!([[true, false]])), &Data::Bool(vec![true, false]));
    takes(&input("BYTES", &[1], json!(["ä"])), &Data::Bytes(vec!["ä".as_bytes().to_vec()]));
    takes(&input("FP32", &[0, 4], json!([])), &Data::Fp32(Vec::new()));
    // `data` before `datatype`, and words that nobody knows.
    let order = r#"{"inputs":[{"data":[1],"x":{"y":[1]},"shape":[1],"datatype":"UINT8","name":"x"}],"later":null}"#;
    assert_eq!(read(order.as_bytes(), None).unwrap().inputs[0].data, Data::Uint8(vec![1]));
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    refuses(&input("FP32", &[2], json!([1])), "input `x`: its shape has 2 values, its data 1");
    refuses(&input("FP16", &[1], json!([1])), "input `x`: datatype `FP16` is not served here");
    refuses(&input("fp32", &[1], json!([1])), "datatype `fp32`");
    refuses(&input("FP32", &[1], json!([null])), "input `x`: value 0 is null, which is no FP32");
    refuses(&input("FP32", &[1], json!([1e39])), "no FP32");
    refuses(&input("FP32", &[1], json!(["1"])), "value 0 is a text");
    refuses(&input("INT64", &[1], json!([1.5])), "value 0 is 1.5, which is no INT64");
    refuses(&input("UINT8", &[2], json!([1, 256])), "value 1 is 256, which is no UINT8");
    refuses(&input("UINT32", &[1], json!([-1])), "-1, which is no UINT32");
    refuses(&input("BOOL", &[1], json!([1])), "no BOOL");
    refuses(&input("BYTES", &[1], json!([1])), "no BYTES");
    refuses(&input("FP32", &[-1], json!([1])), "input `x`: a shape holds");
    refuses(&input("FP32", &[i64::MAX, i64::MAX, 2], json!([1])), "input `x`: a shape holds");
    refuses(&input("FP32", &[1], json!([{}])), "malformed JSON at line 1");
    refuses(&json!({}), "missing field `inputs`");
    refuses(&json!([]), "malformed JSON");
    let twice = json!({ "name": "x", "datatype": "FP32", "shape": [1], "data": [1] });
    refuses(&json!({ "inputs": [twice, twice] }), "input `x`: is there twice");
    refuses(&json!({ "inputs": [{ "name": "x", "datatype": "FP32", "shape": [1] }] }), "input `x`: has no `data`");
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let deep = format!(r#"{{"inputs":[{{"name":"x","datatype":"FP32","shape":[1],"data":{deep}}}]}}"#);
    assert!(read(deep.as_bytes(), None).unwrap_err().to_string().contains("recursion limit"));
    assert!(read(b"", None).unwrap_err().to_string().contains("malformed JSON"));
    assert!(read(b"\xff{", None).is_err());
}

fn with_bytes(datatype: &str, shape: &[i64], bytes: &[u8], says: usize) -> Result<InferRequest, Refused> {
    let head = json!({ "inputs": [{
        "name": "x", "datatype": datatype, "shape": shape, "parameters": { "binary_data_size": says },
    }] });
    let head = head.to_string();
    let body = [head.as_bytes(), bytes].concat();
    read(&body, Some(head.len()))
}

#[test]
fn tensors_come_as_bytes() {
    let one = with_bytes("FP32", &[1, 1], &1.5_f32.to_le_bytes(), 4).unwrap();
    assert_eq!(one.inputs[0].data, Data::Fp32(vec![1.5]));
    let texts = with_bytes("BYTES", &[2], b"\x01\0\0\0a\0\0\0\0", 9).unwrap();
    assert_eq!(texts.inputs[0].data, Data::Bytes(vec![b"a".to_vec(), Vec::new()]));
    assert!(with_bytes("FP32", &[0], b"", 0).unwrap().inputs[0].data.is_empty());
}

#[test]
fn bytes_that_do_not_fit_are_refused_by_name() {
    let said = |found: Result<InferRequest, Refused>| found.unwrap_err().to_string();
    expect!["input `x`: 3 bytes came for 1 values of FP32, 4 bytes each"].assert_eq(&said(with_bytes(
        "FP32",
        &[1],
        b"abc",
        3,
    )));
    expect!["input `x`: says 8 bytes, 3 are left in the body"].assert_eq(&said(with_bytes("FP32", &[2], b"abc", 8)));
    expect!["4 bytes are left over behind the last tensor"].assert_eq(&said(with_bytes("FP32", &[1], b"abcdabcd", 4)));
    expect!["input `x`: text 0 of 1 is cut off"].assert_eq(&said(with_bytes("BYTES", &[1], b"\xff\xff\xff\xffa", 5)));
    expect!["input `x`: 1 bytes are left over behind 1 texts"].assert_eq(&said(with_bytes(
        "BYTES",
        &[1],
        b"\0\0\0\0a",
        5,
    )));
    expect!["input `x`: a BOOL is 0 or 1, not 2"].assert_eq(&said(with_bytes("BOOL", &[1], b"\x02", 1)));
    expect!["the header says 99 bytes of JSON, the body has 2 in all"].assert_eq(&said(read(b"{}", Some(99))));
    // No room is made for what only the shape claims.
    assert!(said(with_bytes("BYTES", &[i64::MAX], b"\0\0\0\0", 4)).contains("is cut off"));
}

#[test]
fn the_form_of_the_answer_comes_from_the_parameters() {
    let with = |extra: Value| {
        let mut body = input("FP32", &[1], json!([1]));
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        read(body.to_string().as_bytes(), None).unwrap()
    };
    assert!(!with(json!({})).binary);
    assert!(with(json!({ "parameters": { "binary_data_output": true, "sequence_id": 7 } })).binary);
    let named = with(json!({
        "id": "7", "parameters": { "binary_data_output": true },
        "outputs": [{ "name": "a" }, { "name": "b", "parameters": { "binary_data": false, "classification": 0 } }],
    }));
    let wanted = |name: &str, binary| Wanted { name: name.into(), binary };
    assert_eq!((named.id.as_deref(), named.wanted), (Some("7"), Some(vec![wanted("a", true), wanted("b", false)])));
}

#[test]
fn an_answer_is_json_with_tensors_behind_it() {
    let label = Named { name: "label".into(), shape: vec![2], data: Data::Int64(vec![0, 1]) };
    let odds = Named { name: "odds".into(), shape: vec![2, 1], data: Data::Fp32(vec![0.1, 1.0]) };
    let reply = Reply { model: "prod.credit", version: "3", id: Some("q"), outputs: &[(&label, true), (&odds, false)] };
    let written = write(&reply).unwrap();
    let (json, tensors) = written.body.split_at(written.json_length.unwrap());
    expect![[r#"{"model_name":"prod.credit","model_version":"3","id":"q","outputs":[{"name":"label","datatype":"INT64","shape":[2],"parameters":{"binary_data_size":16}},{"name":"odds","datatype":"FP32","shape":[2,1],"data":[0.1,1.0]}]}"#]]
    .assert_eq(std::str::from_utf8(json).unwrap());
    assert_eq!(tensors, [0_i64.to_le_bytes(), 1_i64.to_le_bytes()].concat());
    let plain = write(&Reply { outputs: &[(&odds, false)], id: None, ..reply }).unwrap();
    assert!(plain.json_length.is_none() && !String::from_utf8(plain.body).unwrap().contains("\"id\""));
    assert_eq!(error_body("a \"b\""), br#"{"error":"a \"b\""}"#);
}

proptest! {
    /// What is written as bytes is read back, and never more than came.
    #[test]
    fn bytes_are_read_as_they_were_written(values in proptest::collection::vec(any::<f64>(), 0..50)) {
        let data = Data::Fp64(values.clone());
        let mut bytes = Vec::new();
        let size = super::binary::write(&data, &mut bytes);
        let back = with_bytes("FP64", &[values.len() as i64], &bytes, size).unwrap();
        let Data::Fp64(found) = &back.inputs[0].data else { unreachable!() };
        let bits = |list: &[f64]| list.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(found), bits(&values));
    }

    /// Whatever comes is read or refused.
    #[test]
    fn nothing_that_comes_does_harm(body in proptest::collection::vec(any::<u8>(), 0..200), length in 0..250_usize) {
        let _ = read(&body, Some(length));
        let _ = read(&body, None);
        for datatype in Datatype::ALL {
            let _ = super::binary::read(datatype, length, &body);
        }
    }
}
