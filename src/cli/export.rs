//! `signline export`: the mappings as a file.

use std::io;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::private_file::PrivateFile;
use crate::cli::progress::Progress;
use crate::cli::server::ServerArgs;
use crate::cli::signals;
use crate::cli::terminal::tell;
use crate::client::{Export, FileKind};
use crate::domain::business_group::BusinessGroupId;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The business group whose mappings they are.
    #[arg(long, value_name = "ID", value_parser = BusinessGroupId::parse)]
    business_group: BusinessGroupId,
    /// The file to write, once all of it has come; the standard output if left out.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The kind of file; as the output's name says if left out.
    #[arg(long, value_enum)]
    format: Option<FileKind>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &ExportArgs) -> Result<(), Failure> {
    let output = args.output.as_deref().filter(|output| output.as_os_str() != "-");
    let format = args.format.unwrap_or_else(|| output.map_or(FileKind::Csv, FileKind::of_name));
    if format == FileKind::Xlsx && output.is_none() && io::stdout().is_terminal() {
        return Err("a workbook can't be shown in a terminal: name a file with --output".to_owned().into());
    }
    let client = args.server.client()?;
    let export = client.export(&args.business_group, format).await?;
    let revision = export.revision();
    match output {
        Some(file) => to_file(export, file).await?,
        None => to_stdout(export).await?,
    }
    if let Some(revision) = revision {
        tell(&format!("the mappings of {} as of revision {revision}", args.business_group));
    }
    Ok(())
}

/// Writes beside the file, and puts the whole in its place: what breaks off leaves the file as it was.
async fn to_file(export: Export, file: &Path) -> Result<(), Failure> {
    let fault = |error: io::Error| format!("{}: {error}", file.display());
    // A signal would end the process before the file beside is removed.
    let stop = signals::stop_or_hangup()?;
    let mut output = PrivateFile::create(file).map_err(fault)?;
    let name = file.display().to_string();
    tokio::select! {
        copied = copy_with_progress(export, &mut output, &name) => copied?,
        () = stop => return Err("the export was interrupted, and nothing was written".to_owned().into()),
    }
    Ok(output.finish().map_err(fault)?)
}

async fn to_stdout(export: Export) -> Result<(), Failure> {
    let stdout = io::stdout();
    if stdout.is_terminal() {
        // A progress would be drawn between the lines.
        return copy(export, Shown(stdout.lock()), "standard output", |_| ()).await;
    }
    copy_with_progress(export, stdout.lock(), "standard output").await
}

async fn copy_with_progress(export: Export, output: impl Write, name: &str) -> Result<(), Failure> {
    let progress = Progress::new(None, "");
    progress.of(copy(export, output, name, |bytes| progress.advance(bytes))).await
}

async fn copy(mut export: Export, mut output: impl Write, name: &str, count: impl Fn(usize)) -> Result<(), Failure> {
    let fault = |error: io::Error| format!("{name}: {error}");
    while let Some(piece) = export.next().await? {
        match output.write_all(&piece) {
            // Whoever reads has had enough, such as `head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(fault)?,
        }
        count(piece.len());
    }
    Ok(output.flush().map_err(fault)?)
}

/// A terminal. Numbers and addresses are ASCII: what else comes, it might obey.
struct Shown<W>(W);

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n');
        let shown: Vec<_> = bytes.iter().map(|byte| if plain(*byte) { *byte } else { b'?' }).collect();
        self.0.write(&shown)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
