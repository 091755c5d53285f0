//! `almanac log export`: a log in one file, from a stopped service or from one that runs.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use almanac_client::{LogClient, LogRecord};
use almanac_event_log::{ArchiveWriter, EventLog, ProducerPosition, Record, RecordKind, RequestKey};
use almanac_model::{LogId, Revision};

use super::LogError;
use super::open::{Archive, Records, open, progress};

/// Copies a log into one file; of a service that runs, up to the newest revision when the copy begins
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Data folder of an ingest service that does not run, or the address of one that does, such as `http://127.0.0.1:50051`
    #[arg(value_name = "DIR|ADDRESS")]
    source: String,
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    archive: Archive,
}

pub(super) async fn run(args: &Args) -> Result<ExitCode, LogError> {
    if args.file.exists() {
        return Err(LogError::Exists {
            kind: "file",
            path: args.file.clone(),
        });
    }
    let copied = if args.source.starts_with("http://") || args.source.starts_with("https://") {
        from_service(&args.source, &args.file).await?
    } else {
        from_folder(Path::new(&args.source), &args.archive, &args.file)?
    };
    println!("{} has revisions 1 to {copied}", args.file.display());
    Ok(ExitCode::SUCCESS)
}

fn from_folder(dir: &Path, archive: &Archive, file: &Path) -> Result<Revision, LogError> {
    let log = open(dir, archive)?;
    let earliest = log.earliest();
    if earliest > Revision(1) {
        return Err(LogError::Archived { earliest });
    }
    let records = Records::all(&log);
    let last = records.end();
    let mut export = Export::begin(file, log.id(), last)?;
    for record in records {
        export.add(record.map_err(|(_, error)| error)?)?;
    }
    export.finish()?;
    Ok(last)
}

async fn from_service(address: &str, file: &Path) -> Result<Revision, LogError> {
    let mut copy = LogClient::connect(address).await?.copy().await?;
    let mut export = Export::begin(file, copy.log_id(), copy.last())?;
    while let Some(record) = copy.next_record().await? {
        export.add(stored(record)?)?;
    }
    export.finish()?;
    Ok(copy.last())
}

/// The record as the log's own engine gives it.
fn stored(record: LogRecord) -> Result<Record, LogError> {
    let LogRecord {
        revision,
        kind,
        recorded_at,
        principal,
        request,
        producer,
        receipt,
        payload,
    } = record;
    let request = request.map(|request| RequestKey {
        id: request.id,
        digest: request.digest,
    });
    let producer = producer.map(|position| ProducerPosition {
        producer: position.producer,
        epoch: position.epoch,
        sequence: position.sequence,
    });
    Ok(Record {
        revision,
        kind: RecordKind::from_byte(kind).ok_or(LogError::Kind { revision, kind })?,
        recorded_at_ms: recorded_at.as_millisecond(),
        principal,
        producer,
        request,
        receipt: receipt.into(),
        payload: payload.into(),
    })
}

/// A file that has its name only when it is whole and on disk.
struct Export<'a> {
    file: &'a Path,
    unfinished: PathBuf,
    writer: ArchiveWriter<BufWriter<File>>,
    bar: indicatif::ProgressBar,
}

impl<'a> Export<'a> {
    fn begin(file: &'a Path, log: LogId, last: Revision) -> Result<Self, LogError> {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let unfinished = file.with_file_name(name);
        let created =
            File::create(&unfinished).and_then(|created| ArchiveWriter::new(BufWriter::new(created), log, Revision(1)));
        Ok(Self {
            writer: created.map_err(written(&unfinished))?,
            bar: progress(last.0),
            file,
            unfinished,
        })
    }

    fn add(&mut self, record: Record) -> Result<(), LogError> {
        self.bar.inc(1);
        self.writer.append(record).map_err(written(&self.unfinished))
    }

    fn finish(self) -> Result<(), LogError> {
        let Self {
            file,
            unfinished,
            writer,
            bar,
        } = self;
        bar.finish_and_clear();
        let synced = writer.finish().and_then(|mut buffer| {
            buffer.flush()?;
            buffer.get_ref().sync_all()
        });
        synced.map_err(written(&unfinished))?;
        fs::rename(&unfinished, file).map_err(written(file))?;
        sync_parent(file)
    }
}

/// Makes the name of a file or folder durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), LogError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(written(parent))
}

pub(super) fn written(path: &Path) -> impl FnOnce(std::io::Error) -> LogError {
    let path = path.to_owned();
    move |source| LogError::Write { path, source }
}
