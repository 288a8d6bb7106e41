use super::Error;
use super::words::{typos, words};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::collector::TopDocs;
use tantivy::directory::MmapDirectory;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, Value};
use tantivy::{IndexReader, IndexWriter, TantivyDocument, Term};

/// Candidates that a query may have; beyond that the weaker ones are left out.
pub(super) const MOST: usize = 2_000;
/// Memory of a writer, tantivy's smallest; it lives for one commit.
const WRITER: usize = 15_000_000;
/// Grows when the fields below change: an older index is built anew.
const FORM: &str = "1";

/// What search knows of a dataset. No value of any column is among it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    pub id: String,
    pub team: String,
    pub description: String,
    pub columns: Vec<String>,
    pub column_descriptions: Vec<String>,
}

/// The index of datasets. One per server, in its data folder; it can be rebuilt from the database at any time.
#[derive(Clone, Debug)]
pub struct Index(Arc<Inner>);

struct Inner {
    index: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
    /// Held while a writer lives: tantivy allows one.
    writing: Mutex<()>,
    is_new: bool,
    /// Where the form is noted, once an index on disk is filled.
    form: Option<PathBuf>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("is_new", &self.is_new).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
struct Fields {
    id: Field,
    /// Whole names in lower case: of the dataset, its table, its columns.
    name: Field,
    column: Field,
    name_word: Field,
    column_word: Field,
    team_word: Field,
    text_word: Field,
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let fields = Fields {
        id: schema.add_text_field("id", STRING | STORED),
        name: schema.add_text_field("name", STRING),
        column: schema.add_text_field("column", STRING),
        name_word: schema.add_text_field("name_word", STRING),
        column_word: schema.add_text_field("column_word", STRING),
        team_word: schema.add_text_field("team_word", STRING),
        text_word: schema.add_text_field("text_word", STRING),
    };
    (schema.build(), fields)
}

impl Index {
    /// Opens the index in `folder`, or begins a new one where there is none that fits. Blocks on the file system.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let form = folder.join("form");
        if std::fs::read_to_string(&form).ok().as_deref() == Some(FORM)
            && let Ok(index) = tantivy::Index::open_in_dir(folder)
        {
            return Self::over(index, false, Some(form));
        }
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(Error::Open)?; // another form, or broken: the database has it all
        }
        std::fs::create_dir_all(folder).map_err(Error::Open)?;
        let directory = MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?;
        let index = tantivy::Index::create(directory, schema().0, tantivy::IndexSettings::default())?;
        Self::over(index, true, Some(form))
    }

    /// Returns an index in memory, for tests and tools.
    ///
    /// # Errors
    /// Tantivy's.
    pub fn in_memory() -> Result<Self, Error> {
        Self::over(tantivy::Index::create_in_ram(schema().0), true, None)
    }

    fn over(index: tantivy::Index, is_new: bool, form: Option<PathBuf>) -> Result<Self, Error> {
        let (fields, reader) = (schema().1, index.reader()?);
        Ok(Self(Arc::new(Inner { index, reader, fields, writing: Mutex::new(()), is_new, form })))
    }

    /// Returns whether it was begun anew, so that it must be filled from the database.
    pub fn is_new(&self) -> bool {
        self.0.is_new
    }

    /// Notes that everything is in it: until then the next start begins anew. Blocks.
    pub(crate) fn filled(&self) -> Result<(), Error> {
        match &self.0.form {
            Some(form) => std::fs::write(form, FORM).map_err(Error::Open),
            None => Ok(()),
        }
    }

    /// Takes documents in place of those with the same id, and drops those of `gone`, in one commit. Blocks.
    pub(crate) fn put(&self, documents: &[Document], gone: &[String]) -> Result<(), Error> {
        let _one_writer = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer: IndexWriter = self.0.index.writer_with_num_threads(1, WRITER)?;
        for id in gone.iter().chain(documents.iter().map(|document| &document.id)) {
            writer.delete_term(Term::from_field_text(self.0.fields.id, id));
        }
        for document in documents {
            writer.add_document(self.document(document))?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        self.0.reader.reload()?;
        Ok(())
    }

    /// Drops everything. Blocks.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        let _one_writer = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer: IndexWriter = self.0.index.writer_with_num_threads(1, WRITER)?;
        writer.delete_all_documents()?;
        writer.commit()?;
        self.0.reader.reload()?;
        Ok(())
    }

    fn document(&self, from: &Document) -> TantivyDocument {
        let fields = self.0.fields;
        let mut document = TantivyDocument::new();
        let mut add = |field: Field, text: &str| document.add_text(field, text);
        add(fields.id, &from.id);
        let table = from.id.rsplit('.').next().unwrap_or_default();
        add(fields.name, &from.id.to_lowercase());
        add(fields.name, &table.to_lowercase());
        for word in words(&from.id) {
            add(fields.name_word, &word);
        }
        for column in &from.columns {
            add(fields.column, &words(column).join("_"));
            for word in words(column) {
                add(fields.column_word, &word);
            }
        }
        for word in words(&from.team) {
            add(fields.team_word, &word);
        }
        for text in from.column_descriptions.iter().chain([&from.description]) {
            for word in words(text) {
                add(fields.text_word, &word);
            }
        }
        document
    }

    /// Returns the ids of datasets that every word of the query matches, with their scores, the best first. Blocks.
    pub(crate) fn find(&self, asked: &str) -> Result<Vec<(String, f32)>, Error> {
        let asked_words = words(asked);
        if asked_words.is_empty() {
            return Ok(Vec::new());
        }
        let fields = self.0.fields;
        let each = asked_words.iter().map(|word| (Occur::Must, self.word(word))).collect();
        let joined = asked_words.join("_");
        let whole: Vec<Box<dyn Query>> = vec![
            exact(fields.name, asked.trim().to_lowercase(), 20.0),
            exact(fields.name, joined.clone(), 20.0),
            exact(fields.column, joined, 16.0),
        ];
        // A name given whole is one match, however many words it has; else each word must match somewhere.
        let either: Vec<Box<dyn Query>> =
            whole.into_iter().chain([Box::new(BooleanQuery::new(each)) as Box<dyn Query>]).collect();
        let searcher = self.0.reader.searcher();
        let best = TopDocs::with_limit(MOST).order_by_score();
        let mut found = Vec::new();
        for (score, address) in searcher.search(&DisjunctionMaxQuery::new(either), &best)? {
            let document: TantivyDocument = searcher.doc(address)?;
            if let Some(id) = document.get_first(fields.id).and_then(|value| value.as_str()) {
                found.push((id.to_owned(), score));
            }
        }
        // Equal scores stand by name, so that pages do not shuffle.
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(found)
    }

    /// A word matches best where it is a whole name: an exact column stands above a part of a table's name.
    fn word(&self, word: &str) -> Box<dyn Query> {
        let fields = self.0.fields;
        let mut ways = vec![
            exact(fields.name, word.to_owned(), 10.0),
            exact(fields.column, word.to_owned(), 8.0),
            exact(fields.name_word, word.to_owned(), 5.0),
            exact(fields.column_word, word.to_owned(), 4.0),
            exact(fields.team_word, word.to_owned(), 2.0),
            exact(fields.text_word, word.to_owned(), 1.5),
        ];
        if word.chars().count() >= 3 {
            for (field, score) in [(fields.name_word, 2.5), (fields.column_word, 2.0), (fields.text_word, 0.7)] {
                let begins = FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, true);
                ways.push(Box::new(ConstScoreQuery::new(Box::new(begins), score)));
            }
        }
        if typos(word) > 0 {
            for (field, score) in [(fields.name_word, 1.0), (fields.column_word, 0.9), (fields.text_word, 0.4)] {
                for distance in 1..=typos(word) {
                    let near = FuzzyTermQuery::new(Term::from_field_text(field, word), distance, true);
                    let score = score / f32::from(distance);
                    ways.push(Box::new(ConstScoreQuery::new(Box::new(BoostQuery::new(Box::new(near), 1.0)), score)));
                }
            }
        }
        Box::new(DisjunctionMaxQuery::new(ways))
    }
}

fn exact(field: Field, text: String, score: f32) -> Box<dyn Query> {
    let term = TermQuery::new(Term::from_field_text(field, &text), IndexRecordOption::Basic);
    Box::new(ConstScoreQuery::new(Box::new(term), score))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, description: &str, columns: &[&str]) -> Document {
        let columns = columns.iter().map(ToString::to_string).collect();
        Document {
            id: id.into(),
            team: "retail".into(),
            description: description.into(),
            columns,
            ..Document::default()
        }
    }

    fn found(index: &Index, asked: &str) -> Vec<String> {
        index.find(asked).unwrap().into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn exact_columns_stand_above_parts_and_typos_are_forgiven() {
        let index = Index::in_memory().unwrap();
        let documents = [
            document("risk.core.iban_checks", "", &["checked_at"]),
            document("retail.core.customers", "who banks with us", &["full_name", "iban", "dateOfBirth"]),
            document("risk.core.loans", "loans and their duration", &["durationMonths", "amount"]),
        ];
        index.put(&documents, &[]).unwrap();
        assert_eq!(found(&index, "iban"), ["retail.core.customers", "risk.core.iban_checks"]);
        assert_eq!(found(&index, "date of birth"), ["retail.core.customers"]);
        assert_eq!(found(&index, "date_of_birth"), ["retail.core.customers"]);
        assert_eq!(found(&index, "durration"), ["risk.core.loans"]);
        assert_eq!(found(&index, "custmers"), ["retail.core.customers"]);
        assert_eq!(found(&index, "banks"), ["retail.core.customers"]);
        assert_eq!(found(&index, "RISK.core.loans")[0], "risk.core.loans");
        assert_eq!(found(&index, "dur amount"), ["risk.core.loans"]);
        assert!(found(&index, "iban amount").is_empty() && found(&index, "  . ").is_empty());
        index.put(&[document("risk.core.loans", "", &["x"])], &["retail.core.customers".to_owned()]).unwrap();
        assert_eq!(found(&index, "iban"), ["risk.core.iban_checks"]);
        assert!(found(&index, "amount").is_empty());
    }

    #[test]
    fn an_index_of_another_form_or_a_broken_one_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search");
        let index = Index::open(&path).unwrap();
        index.put(&[document("a.b.c", "", &["iban"])], &[]).unwrap();
        assert!(index.is_new());
        drop(index);
        let index = Index::open(&path).unwrap();
        assert!(index.is_new(), "it was never filled");
        index.put(&[document("a.b.c", "", &["iban"])], &[]).unwrap();
        index.filled().unwrap();
        drop(index);
        let again = Index::open(&path).unwrap();
        assert!(!again.is_new() && found(&again, "iban") == ["a.b.c"]);
        drop(again);
        std::fs::write(path.join("meta.json"), "{").unwrap();
        let anew = Index::open(&path).unwrap();
        assert!(anew.is_new() && found(&anew, "iban").is_empty());
    }
}
