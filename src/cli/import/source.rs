//! The file, on its way to the service.

use std::path::Path;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::fs::File;
use tokio::io;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::cli::failure::Failure;
use crate::cli::import::ImportArgs;
use crate::cli::progress::Progress;
use crate::client::{Client, FileKind, Import, Upload, UploadOptions};

/// How much is read at once, in bytes.
const PIECE: usize = 64 * 1024;

pub(super) async fn upload(args: &ImportArgs, file: &Path, client: &Client) -> Result<Import, Failure> {
    let (reader, length) = open(file).await.map_err(|error| format!("{}: {error}", file.display()))?;
    let progress = Progress::new(length, "the service checks the file");
    let options = UploadOptions { mode: args.mode, on_problem: args.on_problem, if_match: args.if_match };
    let upload = Upload::new(options, FileKind::of_name(file), length, counted(reader, progress.clone()));
    Ok(progress.of(client.upload(&args.business_group, upload)).await?)
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;

async fn open(file: &Path) -> io::Result<(Reader, Option<u64>)> {
    if file.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let opened = File::open(file).await?;
    let metadata = opened.metadata().await?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // Of a pipe nobody knows how much will come.
    let length = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(opened), length))
}

fn counted(reader: Reader, progress: Progress) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let sent = progress.clone();
    let pieces = ReaderStream::with_capacity(reader, PIECE).inspect_ok(move |piece| progress.advance(piece.len()));
    let end = stream::once(async move { sent.all_sent() }).filter_map(|()| async { None });
    pieces.chain(end)
}
