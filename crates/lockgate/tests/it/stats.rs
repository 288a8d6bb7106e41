//! Statistics on files, as a shell sees them: what is printed where, and what the exit code says.
use crate::{Folder, text};
use serde_json::Value;
use std::path::PathBuf;

/// Runs a verb of statistics and returns its exit code, what it printed and what it said on standard error.
#[track_caller]
fn stats(arguments: &[&str]) -> (i32, String, String) {
    let output = testkit::run(&[&["stats"], arguments].concat());
    let words = |bytes| String::from_utf8(bytes).expect("is text");
    (output.status.code().expect("ends by itself"), words(output.stdout), words(output.stderr))
}

#[track_caller]
fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, printed, said) = stats(&[arguments, &["--json"]].concat());
    let lines: Vec<&str> = printed.lines().collect();
    let [line] = lines.as_slice() else { unreachable!("one line: {code} {printed:?} {said}") };
    (code, serde_json::from_str(line).expect("is JSON"))
}

/// Rows of loans: ages from `youngest` on, two regions, a score that ranks outcomes well but not perfectly.
fn loans(folder: &Folder, name: &str, youngest: u32, rows: u32) -> PathBuf {
    let mut lines = "id,age,region,sex,score,predicted,outcome\n".to_owned();
    for row in 0..rows {
        let age = youngest + row * 7 % 40;
        let region = if row % 3 == 0 { "north" } else { "south" };
        let sex = if row % 2 == 0 { "female" } else { "male" };
        let score = f64::from(row * 37 % 101) / 101.0;
        let predicted = if score >= 0.5 { "bad" } else { "good" };
        let outcome = if score + f64::from(row * 53 % 97) / 97.0 > 1.0 { "bad" } else { "good" };
        lines += &format!("{row},{age},{region},{sex},{score},{predicted},{outcome}\n");
    }
    folder.file(name, &lines)
}

const QUALITY: [&str; 9] =
    ["--task", "binary", "--truth", "outcome", "--positive", "bad", "--score", "score", "--prediction=predicted"];
const BIAS: [&str; 6] = ["--facet", "sex", "--label", "outcome", "--positive", "good"];

#[test]
fn a_profile_is_words_json_markdown_or_html() {
    let folder = Folder::new();
    let file = loans(&folder, "loans.csv", 20, 400);
    let (code, printed, said) = stats(&["profile", text(&file)]);
    assert_eq!((code, said.as_str()), (0, ""), "{printed}");
    assert!(printed.contains("400") && printed.contains("region"), "{printed}");
    let (code, found) = json(&["profile", text(&file)]);
    assert_eq!((code, found["columns"]["age"].is_object()), (0, true), "{found}");
    let (_, markdown, _) = stats(&["profile", text(&file), "--markdown"]);
    assert!(markdown.contains("| --- |"), "{markdown}");
    let (_, html, _) = stats(&["profile", text(&file), "--html"]);
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"), "{html}");
    let (code, _, said) = stats(&["profile", text(&file), "--html", "--json"]);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn halves_in_two_processes_are_the_whole_to_the_byte_and_stand_for_the_table() {
    let folder = Folder::new();
    let table = folder.data();
    std::fs::create_dir(&table).unwrap();
    for (name, youngest) in [("a.csv", 20), ("b.csv", 30)] {
        std::fs::rename(loans(&folder, name, youngest, 300), table.join(name)).unwrap();
    }
    let out = |name: &str| folder.data().with_file_name(name);
    let profile = |more: &[&str]| {
        let (code, _, said) = stats(&[&["profile"], more].concat());
        assert_eq!(code, 0, "{said}");
    };
    profile(&[text(&table), "--out", text(&out("whole.profile")), "--threads", "1"]);
    profile(&[text(&table), "--partitions", "0..1", "--out", text(&out("a.profile"))]);
    profile(&[text(&table), "--partitions", "1..2", "--out", text(&out("b.profile"))]);
    profile(&[text(&out("b.profile")), text(&out("a.profile")), "--out", text(&out("merged.profile"))]);
    let bytes = |name: &str| std::fs::read(out(name)).unwrap();
    assert_eq!(bytes("whole.profile"), bytes("merged.profile"));
    assert!(!out("merged.profile.part").exists(), "nothing is left behind");

    let (code, found) = json(&["drift", text(&out("whole.profile")), text(&out("merged.profile"))]);
    assert_eq!((code, &found["dataset"]["drifted"]), (0, &Value::from(0)), "{found}");

    let (code, _, said) = stats(&["profile", text(&out("a.profile")), text(&out("whole.profile"))]);
    assert_eq!(code, 2, "both hold the first partition");
    assert!(said.contains("whole.profile") && said.contains("no other part of the same table"), "{said}");
    let (code, _, said) = stats(&["profile", text(&out("a.profile")), "--seed", "3"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("`--seed` is given with a stored profile"), "{said}");
    let (code, _, said) = stats(&[&["quality", text(&out("a.profile"))], &QUALITY[..]].concat());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("is a stored profile, which has no rows"), "{said}");
}

#[test]
fn drift_is_exit_code_1_and_chance_is_0() {
    let folder = Folder::new();
    let reference = loans(&folder, "reference.csv", 20, 600);
    let same = loans(&folder, "same.csv", 20, 500);
    let older = loans(&folder, "older.csv", 35, 500);
    let columns = ["--columns", "age,region", "--tests", "psi"];
    let (code, found) = json(&[&["drift", text(&reference), text(&same)], &columns[..]].concat());
    assert_eq!((code, &found["columns"]["age"]["verdict"]), (0, &"within".into()), "{found}");
    assert_eq!(found["columns"].as_object().unwrap().len(), 2, "{found}");
    let (code, printed, said) = stats(&[&["drift", text(&reference), text(&older)], &columns[..]].concat());
    assert_eq!(code, 1, "{printed}{said}");
    assert!(printed.starts_with("breached: ") && printed.contains("age"), "{printed}");
    assert!(said.starts_with("error: ") && said.contains("--limit"), "{said}");

    // A limit alone decides, either way.
    let limited =
        |limit: &str| stats(&[&["drift", text(&reference), text(&older), "--limit", limit], &columns[..]].concat());
    assert_eq!(limited("psi[region]<=0.2").0, 0);
    let (code, printed, said) = limited("psi<=0.2");
    assert_eq!(code, 1, "{printed}");
    assert!(printed.contains("psi<=0.2") && said.contains("beyond a limit: `psi<=0.2` of `age`: "), "{printed}{said}");
    let (code, _, said) = limited("wasserstein<=0.2");
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("not computable: `wasserstein<=0.2`: `wasserstein` was not computed: name it in `tests`"),
        "{said}"
    );

    // What is named must be there: texts have no order.
    let tested =
        |columns: &str| stats(&["drift", text(&reference), text(&same), "--columns", columns, "--tests", "ks,psi"]);
    assert_eq!(tested("age,region").0, 0, "of the ages there is one");
    let (code, printed, said) = tested("region");
    assert_eq!(code, 3, "{printed}");
    assert!(said.contains("For no column there is a number of `ks`, asked for by name"), "{printed}{said}");

    // A profile has no rows for the model.
    let kept = folder.data().with_file_name("reference.profile");
    assert_eq!(stats(&["profile", text(&reference), "--out", text(&kept)]).0, 0);
    let columns = ["--columns", "age,region"];
    let drift = |more: &[&str]| json(&[&["drift", text(&kept), text(&same)], &columns[..], more].concat());
    assert_eq!(drift(&[]).0, 0);
    let (code, found) = drift(&["--domain-classifier"]);
    assert_eq!((code, &found["dataset"]["verdict"]), (3, &"not_computable".into()), "{found}");
    assert_eq!(drift(&["--domain-classifier=false"]).0, 0);
    // A distance of sketches has a number without a verdict: a limit can be on it.
    let distance = ["--tests", "wasserstein", "--limit", "wasserstein[age]<=50"];
    assert_eq!(json(&[&["drift", text(&kept), text(&kept), "--columns", "age"], &distance[..]].concat()).0, 0);
}

#[test]
fn quality_keeps_to_limits_or_says_by_its_exit_code_that_it_does_not() {
    let folder = Folder::new();
    let file = loans(&folder, "scored.csv", 20, 400);
    let quality = |more: &[&str]| stats(&[&["quality", text(&file)], &QUALITY[..], more].concat());
    let (code, found) =
        json(&[&["quality", text(&file), "--slices", "region", "--interval=0.9"], &QUALITY[..]].concat());
    assert_eq!(code, 0, "{found}");
    let auc = &found["metrics"]["roc_auc"];
    let (value, low) = (auc["value"].as_f64().unwrap(), auc["interval"]["low"].as_f64().unwrap());
    assert!(value > 0.7 && low < value, "{auc}");
    assert!(found["slices"]["region"]["north"]["metrics"]["roc_auc"]["value"].is_f64(), "{found}");
    assert_eq!(quality(&["--limit", "roc_auc>=0.7", "--limit", "brier<=0.5"]).0, 0);
    let (code, printed, said) = quality(&["--limit", "roc_auc>=0.999"]);
    assert_eq!(code, 1, "{printed}");
    assert!(said.contains("beyond a limit: `roc_auc>=0.999`: 0."), "{said}");
    let (code, printed, said) = quality(&["--limit", "roc_auk>=0.5"]);
    assert_eq!(code, 3, "{printed}");
    assert!(said.contains("`roc_auk` was not computed: did you mean `roc_auc`?"), "{said}");
    assert_eq!(quality(&["--slices", "region", "--limit", "roc_auc[region=north]>=0.5"]).0, 0);
    let cut = ["--slices", "age", "--slice-bins", "age=30,50", "--limit", "roc_auc[age=> 30 ≤ 50]>=0.5"];
    assert_eq!(quality(&cut).0, 0);
    let (code, _, said) = quality(&["--slices", "age", "--slice-bins", "age=50,30"]);
    assert!(code == 2 && said.contains("`--slice-bins` is [50.0, 30.0] of `age`"), "{code} {said}");

    // What is named is computed alone, and must have a number.
    let (code, found) = json(&[&["quality", text(&file), "--metrics", "roc_auc,brier"], &QUALITY[..]].concat());
    assert_eq!((code, found["metrics"].as_object().unwrap().len()), (0, 2), "{found}");
    let scores = |more: &[&'static str]| [&["quality", text(&file)], &QUALITY[..8], more].concat();
    let (code, _, said) = stats(&scores(&["--metrics", "brier,f1"]));
    assert!(code == 3 && said.contains("There is no number for F1: there are no predictions"), "{code} {said}");
    let (code, _, said) = quality(&["--metrics", "roc_auk"]);
    assert!(code == 2 && said.contains("`--metrics` is `roc_auk`") && said.contains("`roc_auc`?"), "{code} {said}");
    let costs = ["--threshold", "0.5", "--costs", "false_positive=1,false_negative=5"];
    let (code, found) = json(&scores(&costs));
    let (cost, best) = (&found["metrics"]["cost"]["value"], &found["best_threshold"]["cost"]);
    assert!(code == 0 && best.as_f64().unwrap() <= cost.as_f64().unwrap(), "{found}");
    let (code, found) = json(&[&["quality", text(&file), "--limit", "roc_auc>=0.999"], &QUALITY[..]].concat());
    assert_eq!(
        (code, &found["limits"][0]["verdict"]),
        (1, &"breached".into()),
        "the dictionary is printed all the same"
    );
}

#[test]
fn what_may_be_expected_is_estimated_without_truth() {
    let folder = Folder::new();
    let (reference, current) = (loans(&folder, "known.csv", 20, 500), loans(&folder, "new.csv", 20, 300));
    let columns = ["--truth", "outcome", "--positive", "bad", "--score", "score", "--prediction", "predicted"];
    let (code, found) = json(&[&["estimate", text(&reference), text(&current)], &columns[..]].concat());
    assert_eq!(code, 0, "{found}");
    assert!(found["metrics"]["roc_auc"]["value"].as_f64().unwrap() > 0.7, "{found}");
}

#[test]
fn bias_is_told_for_each_value_or_against_a_threshold() {
    let folder = Folder::new();
    let file = loans(&folder, "scored.csv", 20, 400);
    let bias = |more: &[&str]| json(&[&["bias", text(&file)], &BIAS[..], more].concat());
    let (code, found) = bias(&["--prediction", "predicted"]);
    assert_eq!(code, 0, "{found}");
    for value in ["female", "male"] {
        let metrics = &found["facets"][value]["metrics"];
        assert!(metrics["DPL"]["value"].is_f64() && metrics["DI"]["value"].is_f64(), "{value}: {found}");
    }
    assert_eq!(bias(&["--limit", "abs(CI)<=0.1"]).0, 0, "as many of both");
    assert_eq!(bias(&["--limit", "CI[female]>=0.5"]).0, 1);
    assert_eq!(
        bias(&["--min-group", "1000", "--limit", "abs(DPL)<=1"]).0,
        3,
        "a group that is too small keeps no limit"
    );
    let misspelt = ["--facet", "sex", "--label", "outcome", "--positive", "Good", "--limit", "abs(DPL)<=0.1"];
    let (code, printed, said) = stats(&[&["bias", text(&file)], &misspelt[..]].concat());
    assert_eq!(code, 3, "a difference of nothing keeps no limit: {printed}");
    assert!(
        printed.contains("did you mean `good`?") && said.contains("no label is positive as asked"),
        "{printed}{said}"
    );
    let order = ["--facet", "age", "--disadvantaged-above", "40", "--label", "outcome", "--positive", "good"];
    let (code, found) = json(&[&["bias", text(&file)], &order[..]].concat());
    assert_eq!((code, found["facets"].as_object().map(serde_json::Map::len)), (0, Some(1)), "{found}");
}

#[test]
fn what_is_wrong_is_named_and_is_exit_code_2() {
    let folder = Folder::new();
    let file = loans(&folder, "loans.csv", 20, 50);
    let (table, nonsense) = (text(&file), folder.file("nonsense.parquet", "not a table"));
    let (unknown, stored) = (folder.file("loans.doc", "x"), folder.file("broken.profile", "LGPF and no more"));
    for (order, words) in [
        (vec!["profile", "missing.csv"], vec!["`missing.csv`", "no such file"]),
        (vec!["profile", text(&nonsense)], vec!["nonsense.parquet", "cannot be read"]),
        (vec!["profile", text(&unknown)], vec!["loans.doc"]),
        (vec!["profile", text(&stored)], vec!["broken.profile", "make it again"]),
        (vec!["profile", table, table], vec!["several files of one table are a folder"]),
        (vec!["profile", table, "--partitions", "4"], vec!["`4` is not FROM..TO"]),
        (vec!["profile", table, "--limit", "roc_auc=1"], vec!["--limit", "a limit such as `roc_auc>=0.7`"]),
        (vec!["drift", table, table, "--columns", "aeg"], vec!["`aeg`", "`age`"]),
        (vec!["drift", table, table, "--tests", "pis"], vec!["`--tests` is `pis`", "`psi`"]),
        (vec!["drift", table, table, "--alpha", "5"], vec!["`--alpha` is 5"]),
        (vec!["drift", table], vec!["<CURRENT>"]),
        (
            vec!["quality", table, "--task", "binary", "--truth", "outcom", "--score", "score"],
            vec!["`outcom`", "`outcome`"],
        ),
        (vec!["quality", table, "--task", "binary", "--truth", "outcome", "--score", "score"], vec!["`--positive`"]),
        (vec!["quality", table, "--task", "magic", "--truth", "outcome"], vec!["--task", "binary"]),
        (vec!["bias", table, "--facet", "sx", "--label", "outcome", "--positive", "good"], vec!["`sx`", "`sex`"]),
        (vec!["bias", table, "--facet", "sex", "--label", "outcome"], vec!["--positive"]),
    ] {
        let (code, printed, said) = stats(&order);
        assert_eq!((code, printed.as_str()), (2, ""), "{order:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{order:?}: {said}");
    }
    let (code, _, said) = stats(&["profile", table, "--out", text(&folder.data().join("no/such/folder.profile"))]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("cannot be written"), "{said}");
}

#[test]
fn nothing_in_a_table_acts_on_a_terminal() {
    let folder = Folder::new();
    let rows = "\"\u{1b}[2Ja\u{202e}b\",\"<script>|@all\"\n".repeat(40);
    let file = folder.file("odd.csv", &format!("\"na\u{1b}me\",other\n{rows}"));
    for more in [&[][..], &["--markdown"], &["--html"], &["--json"]] {
        let (code, printed, said) = stats(&[&["profile", text(&file)], more].concat());
        assert_eq!((code, said.as_str()), (0, ""));
        let acts = |letter: &char| letter.is_control() && *letter != '\n' || *letter == '\u{202e}';
        assert_eq!(printed.chars().find(acts), None, "{more:?}: {printed:?}");
        assert!(more != ["--html"] || !printed.contains("<script"), "{printed}");
    }
    let (code, _, said) = stats(&["drift", text(&file), text(&file), "--columns", "na\u{1b}[2Jme"]);
    assert_eq!(code, 2);
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn each_verb_says_how_to_begin() {
    for verb in ["profile", "drift", "quality", "estimate", "bias"] {
        let (code, printed, _) = stats(&[verb, "--help"]);
        assert_eq!(code, 0);
        for word in [&format!("lockgate stats {verb} "), "Examples:", "Exit codes:", "In Python:", "--limit", "--json"]
        {
            assert!(printed.contains(word), "{verb}: {word}: {printed}");
        }
    }
    assert!(stats(&["--help"]).1.contains("drift"));
}

#[test]
fn a_profile_is_kept_without_harm_to_what_stands_there() {
    let folder = Folder::new();
    let file = loans(&folder, "loans.csv", 20, 40);
    let before = std::fs::read(&file).unwrap();
    let keep = |out: &PathBuf| stats(&["profile", text(&file), "--out", text(out)]);
    // What is profiled, by its own name and by a link.
    let link = file.with_file_name("link.csv");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for out in [&file, &link] {
        let (code, _, said) = keep(out);
        assert!(code == 2 && said.contains("is what is profiled, which the profile would replace"), "{code} {said}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    // A folder; and a neighbour that is called as a part of ours might be.
    let (code, _, said) = keep(&file.parent().unwrap().to_owned());
    assert!(code == 2 && said.contains("is a folder"), "{code} {said}");
    let neighbour = folder.file("a.profile.part", "mine");
    let out = file.with_file_name("a.profile");
    assert_eq!(keep(&out).0, 0);
    assert_eq!(std::fs::read_to_string(&neighbour).unwrap(), "mine");
    // A link to a file stays one, and a pipe is written through.
    let linked = file.with_file_name("linked.profile");
    std::os::unix::fs::symlink(&out, &linked).unwrap();
    assert_eq!(keep(&linked).0, 0);
    assert!(linked.symlink_metadata().unwrap().is_symlink());
    let pipe = file.with_file_name("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    assert_eq!(keep(&pipe).0, 0);
    assert_eq!(reader.join().unwrap(), std::fs::read(&out).unwrap());
    // Nothing of ours is left beside them.
    let left = std::fs::read_dir(file.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| !name.starts_with(".profile-")));
}
