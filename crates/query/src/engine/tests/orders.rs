//! CSV holds values by place: what a column is stands in each file's own header.
use super::*;

/// Three files of one table: two orders, and one without `iban`.
fn swapped(folder: &Path) -> Pinned {
    let put = |path: &str, text: &str, header: Option<&[&str]>| {
        std::fs::write(folder.join(path), text).unwrap();
        let header = header.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        PinnedFile { header, ..pin(folder, path, vec![]) }
    };
    let files = vec![
        put("a.csv", "id,iban,name,age\nr1,DE111,alice,30\nr2,DE112,bob,50\n", None),
        put("b.csv", "iban,age,id,name\nDE113,31,r3,carol\nDE114,51,r4,dan\n", Some(&["iban", "age", "id", "name"])),
        put("c.csv", "name,age,id\nerin,32,r5\nfay,52,r6\n", Some(&["name", "age", "id"])),
    ];
    let text = |name: &str| datafusion::arrow::datatypes::Field::new(name, DataType::Utf8, true);
    let age = datafusion::arrow::datatypes::Field::new("age", DataType::Int64, true);
    let folder = Arc::new(Dir::open_ambient_dir(folder, ambient_authority()).unwrap());
    let schema = Arc::new(Schema::new(vec![text("id"), text("iban"), text("name"), age]));
    Pinned { folder, files, format: Format::Csv { delimiter: b',' }, row_bytes: 0, schema, partitions: vec![] }
}

fn seen(pinned: Pinned, row_filter: Option<&str>) -> Session {
    let terms = [("id", Term::Clear), ("iban", Term::Token), ("name", Term::Null), ("age", Term::Clear)];
    let row_filter = row_filter.map(|sql| condition(sql, &pinned.schema));
    let terms = terms.into_iter().map(|(name, term)| (name.to_owned(), term)).collect();
    let policy = Policy { terms, row_filter, split: None, key: Key::new(&[7; 32]) };
    let mut session = Session::new(64 << 20, 2, None).unwrap();
    session.add(&name("people"), pinned, policy).unwrap();
    session
}

async fn answer(session: &Session, sql: &str) -> Result<Vec<String>, Error> {
    let prepared = session.prepare(Statement::parse(&in_full(sql)).unwrap(), 100).await.unwrap();
    Ok(texts(&session.run(prepared).await?.batches.try_collect::<Vec<_>>().await?))
}

#[tokio::test]
async fn masks_and_row_filters_follow_each_files_own_header() {
    let folder = TempDir::new().unwrap();
    let session = seen(swapped(folder.path()), Some("age < 40"));
    let key = Key::new(&[7; 32]);
    let shown = answer(&session, "SELECT id, iban, name, age FROM people ORDER BY id").await.unwrap();
    let token = |iban| key.token(iban);
    let expected =
        [format!("r1|{}|null|30", token("DE111")), format!("r3|{}|null|31", token("DE113")), "r5|null|null|32".into()];
    assert_eq!(shown, expected);
    assert_eq!(answer(&session, "SELECT count(*), count(iban), sum(age) FROM people").await.unwrap(), ["3|2|93"]);
    assert_eq!(answer(&session, "SELECT id FROM people WHERE iban IS NULL").await.unwrap(), ["r5"]);
    session.check_unchanged().unwrap();
}

#[tokio::test]
async fn a_header_that_is_not_the_pinned_one_is_a_changed_dataset() {
    for (path, text) in [
        ("a.csv", "iban,id,name,age\nr1,DE111,alice,30\nr2,DE112,bob,50\n"),
        ("b.csv", "iban,age,name,id\nDE113,31,r3,carol\nDE114,51,r4,dan\n"),
        ("c.csv", "iban,age,id\nerin,32,r5\nfay,52,r6\n"),
    ] {
        let folder = TempDir::new().unwrap();
        let mut pinned = swapped(folder.path());
        std::fs::write(folder.path().join(path), text).unwrap();
        // As big and as old as before, as far as anyone can see.
        for file in &mut pinned.files {
            *file = PinnedFile { header: file.header.clone(), ..pin(folder.path(), &file.path, vec![]) };
        }
        let session = seen(pinned, None);
        assert_eq!(
            answer(&session, "SELECT id FROM people").await.unwrap_err(),
            Error::Changed(name("people")),
            "{path}"
        );
    }
}
