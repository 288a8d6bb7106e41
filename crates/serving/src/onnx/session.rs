//! Sessions that run a model.
use super::enforce::check_answer;
use super::{Inspected, Library, ModelError, inspect};
use crate::signature::{Datatype, Signature, Tensor};
use crate::wire::{Data, Named};
use ort::logging::LogLevel;
use ort::session::{NoSelectedOutputs, RunOptions, Session, SessionInputValue};
use ort::value::{DynValue, Tensor as OrtTensor, TensorElementType};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use tokio::sync::Semaphore;

/// A larger file gets one session only: each holds the weights.
const SHARED_UP_TO: usize = 8 * 1024 * 1024;

/// A loaded model: sessions that answer one call each at a time.
#[derive(Debug)]
pub struct Model {
    signature: Signature,
    sessions: Vec<Mutex<Session>>,
    places: Arc<Semaphore>,
}

/// Ends a run from outside, between two nodes of the graph: what was halted fails, or never begins.
#[derive(Clone)]
pub struct Halt(Arc<RunOptions<NoSelectedOutputs>>);

impl std::fmt::Debug for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Halt").finish_non_exhaustive()
    }
}

impl Halt {
    /// Returns one that halts nothing yet.
    ///
    /// # Errors
    /// The runtime's, which has no memory left then.
    pub fn new() -> Result<Self, RunError> {
        RunOptions::new().map(|options| Self(Arc::new(options))).map_err(|error| RunError::Failed(error.to_string()))
    }

    /// Ends what runs with it.
    pub fn halt(&self) {
        if let Err(error) = self.0.terminate() {
            tracing::error!(%error, "a model's run cannot be ended");
        }
    }
}

/// Why a model did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The runtime's words, for the log.
    #[error("the model cannot compute these inputs")]
    Failed(String),
    /// It gave something else than its signature says.
    #[error("the model gave something else than its signature says")]
    Unlike,
    /// It gave a text that nobody has said it may give: a row that it remembers, say.
    #[error("the model gave a text that is none of the values that its target may have")]
    Unknown,
}

impl Model {
    /// Loads a model from its bytes, checks it against its signature, and runs it once. Blocks.
    ///
    /// # Errors
    /// A file that we do not load, one that the runtime refuses, or one that its signature does not fit.
    pub fn load(library: &Library, bytes: &[u8], signature: &Signature) -> Result<Self, String> {
        signature.check().map_err(|error| error.to_string())?;
        let inspected = inspect(bytes).map_err(|error| error.to_string())?;
        fits(&inspected, signature).map_err(|error| error.to_string())?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let many = if bytes.len() <= SHARED_UP_TO { cores.clamp(1, 4) } else { 1 };
        let sessions = (0..many).map(|_| session(library, bytes).map(Mutex::new));
        let sessions = sessions.collect::<Result<Vec<_>, String>>()?;
        // One more than can run: it is read while another runs.
        let places = Arc::new(Semaphore::new(many + 1));
        let model = Self { signature: signature.clone(), sessions, places };
        model.warm_up();
        Ok(model)
    }

    /// Returns what it takes and gives.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the places of the calls that may work on it at once: one model cannot take them all.
    pub fn places(&self) -> Arc<Semaphore> {
        self.places.clone()
    }

    /// Runs it, once a session is free. Blocks. Returns all its outputs, in the signature's order.
    ///
    /// # Errors
    /// [`RunError`], also where it was halted.
    pub fn run(&self, inputs: Vec<Named>, halt: &Halt) -> Result<Vec<Named>, RunError> {
        let free = self.sessions.iter().find_map(|session| match session.try_lock() {
            Ok(session) => Some(session),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        // Spread over the sessions by what lies where: all are equal.
        let number = inputs.as_ptr().addr() / 64 % self.sessions.len();
        let session = free.unwrap_or_else(|| self.sessions[number].lock().unwrap_or_else(PoisonError::into_inner));
        self.run_on(session, inputs, halt)
    }

    fn run_on(
        &self,
        mut session: MutexGuard<'_, Session>,
        inputs: Vec<Named>,
        halt: &Halt,
    ) -> Result<Vec<Named>, RunError> {
        let failed = |error: ort::Error| RunError::Failed(error.to_string());
        let rows = self.rows_of(&inputs);
        let mut values: Vec<(String, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for named in inputs {
            let (name, value) = into_value(named).map_err(failed)?;
            values.push((name, value.into()));
        }
        let outputs = session.run_with_options(values, &halt.0).map_err(failed)?;
        let read = self.signature.outputs.iter().map(|known| {
            let value = outputs.get(&known.name).ok_or(RunError::Unlike)?;
            let given = out_of(known, value)?;
            check_answer(known, rows, &given)?;
            Ok(given)
        });
        read.collect()
    }

    /// Returns how many rows inputs have; none where the model takes a fixed number of them.
    fn rows_of(&self, inputs: &[Named]) -> Option<usize> {
        let mut known = self.signature.inputs.iter().zip(inputs);
        let (_, of_rows) = known.find(|(tensor, _)| tensor.shape.first() == Some(&-1))?;
        of_rows.shape.first().copied()
    }

    /// Runs it on a row of zeros: the first run makes room that later ones use. A model may refuse that row: it may know no empty text,
    /// say.
    fn warm_up(&self) {
        let row: Vec<Named> = self.signature.inputs.iter().map(zeros).collect();
        let _ = Halt::new().and_then(|halt| self.run(row, &halt));
    }
}

/// Says that the runtime refuses a model. Why, it says with words of the file, which go nowhere.
fn refused<E>(_: E) -> String {
    "the ONNX runtime refuses it: load it with onnxruntime to see why".to_owned()
}

fn session(library: &Library, bytes: &[u8]) -> Result<Session, String> {
    let builder = Session::builder(&library.environment).map_err(refused)?;
    let builder = builder.with_intra_threads(1).map_err(refused)?;
    let builder = builder.with_inter_threads(1).map_err(refused)?;
    // What a model says of an input it refuses may repeat values: it goes into no log.
    let mut builder = builder.with_log_level(LogLevel::Fatal).map_err(refused)?;
    builder.commit_from_memory(bytes).map_err(refused)
}

/// Says whether a model's file has the tensors of its signature.
fn fits(inspected: &Inspected, signature: &Signature) -> Result<(), ModelError> {
    for (kind, found, said) in
        [("takes", &inspected.inputs, &signature.inputs), ("gives", &inspected.outputs, &signature.outputs)]
    {
        let shown = |tensors: &[Tensor]| {
            let mut words: Vec<String> = tensors
                .iter()
                .map(|tensor| format!("{} {} {:?}", tensor.name, tensor.datatype, tensor.shape))
                .collect();
            words.sort();
            words.join("; ")
        };
        if shown(found) != shown(said) {
            return Err(ModelError::Signature(format!("it {kind} other tensors")));
        }
    }
    Ok(())
}

fn zeros(tensor: &Tensor) -> Named {
    let shape: Vec<usize> = tensor.shape.iter().map(|size| usize::try_from(*size).unwrap_or(1)).collect();
    let count = shape.iter().product();
    let data = match tensor.datatype {
        Datatype::Bool => Data::Bool(vec![false; count]),
        Datatype::Uint8 => Data::Uint8(vec![0; count]),
        Datatype::Uint16 => Data::Uint16(vec![0; count]),
        Datatype::Uint32 => Data::Uint32(vec![0; count]),
        Datatype::Uint64 => Data::Uint64(vec![0; count]),
        Datatype::Int8 => Data::Int8(vec![0; count]),
        Datatype::Int16 => Data::Int16(vec![0; count]),
        Datatype::Int32 => Data::Int32(vec![0; count]),
        Datatype::Int64 => Data::Int64(vec![0; count]),
        Datatype::Fp32 => Data::Fp32(vec![0.0; count]),
        Datatype::Fp64 => Data::Fp64(vec![0.0; count]),
        Datatype::Bytes => Data::Bytes(vec![Vec::new(); count]),
    };
    Named { name: tensor.name.clone(), shape, data }
}

fn into_value(named: Named) -> ort::Result<(String, DynValue)> {
    let Named { name, shape, data } = named;
    macro_rules! of {
        ($($variant:ident),*) => {
            match data {
                $(Data::$variant(values) => OrtTensor::from_array((shape, values))?.into_dyn(),)*
                Data::Bytes(texts) => {
                    let texts: Vec<String> = texts.into_iter()
                        .map(|text| String::from_utf8(text).map_err(|_| ort::Error::new("a text is not UTF-8")))
                        .collect::<ort::Result<_>>()?;
                    OrtTensor::from_string_array((shape, texts.as_slice()))?.into_dyn()
                }
            }
        };
    }
    let value = of!(Bool, Uint8, Uint16, Uint32, Uint64, Int8, Int16, Int32, Int64, Fp32, Fp64);
    Ok((name, value))
}

fn out_of(known: &Tensor, value: &DynValue) -> Result<Named, RunError> {
    let found = value.dtype().tensor_type().ok_or(RunError::Unlike)?;
    let failed = |error: ort::Error| RunError::Failed(error.to_string());
    macro_rules! of {
        ($($element:ident $variant:ident $number:ty),*) => {
            match found {
                $(TensorElementType::$element => {
                    let (shape, values) = value.try_extract_tensor::<$number>().map_err(failed)?;
                    (shape.to_vec(), Data::$variant(values.to_vec()))
                })*
                TensorElementType::String => {
                    let (shape, texts) = value.try_extract_strings().map_err(failed)?;
                    (shape.to_vec(), Data::Bytes(texts.into_iter().map(String::into_bytes).collect()))
                }
                _ => return Err(RunError::Unlike),
            }
        };
    }
    let (shape, data) = of!(Bool Bool bool, Uint8 Uint8 u8, Uint16 Uint16 u16, Uint32 Uint32 u32, Uint64 Uint64 u64,
        Int8 Int8 i8, Int16 Int16 i16, Int32 Int32 i32, Int64 Int64 i64, Float32 Fp32 f32, Float64 Fp64 f64);
    if data.datatype() != known.datatype {
        return Err(RunError::Unlike);
    }
    let shape = shape.into_iter().map(|size| usize::try_from(size).unwrap_or(0)).collect();
    Ok(Named { name: known.name.clone(), shape, data })
}
