//! A server whose instructions are counted by callgrind. The count hardly differs from run to run, whatever else the machine
//! does; what the kernel does is not counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Process;
use crate::{Result, cores};

/// What the signature of a token is checked by, in aws-lc.
const VERIFICATION: &str = "EVP_DigestVerify";

/// A command that runs a program on one core, counted; the counts go into files whose names begin like `files`.
pub(crate) fn counted(core: usize, program: &str, files: &Path) -> Command {
    let mut command = cores::pinned(core, "valgrind");
    command.args(["--quiet", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"]);
    command.arg(format!("--callgrind-out-file={}", files.display())).arg(program);
    command
}

/// Instructions of one load.
pub(crate) struct Counts {
    /// Of all threads.
    pub(crate) all: u64,
    /// Of the thread that has most, which is the one that answers.
    pub(crate) worker: u64,
    /// Of checking signatures, in that thread.
    pub(crate) verification: u64,
}

/// Counts what a server does during `load`, and puts the counts of its busiest thread into a file of this name.
pub(crate) fn count(process: &Process, files: &Path, name: &str, load: impl FnOnce() -> Result<()>) -> Result<Counts> {
    control(process, "--zero")?;
    control(process, "--instr=on")?;
    load()?;
    control(process, "--instr=off")?;
    control(process, &format!("--dump={name}"))?;
    let (mut threads, mut all) = (Vec::new(), 0);
    for file in dumped(files, name)? {
        let total = total(&fs::read_to_string(&file)?)?;
        all += total;
        threads.push((total, file));
    }
    let (worker, file) = threads.into_iter().max().ok_or("no counts")?;
    let kept = files.with_file_name(name);
    fs::copy(file, &kept)?;
    Ok(Counts { all, worker, verification: inclusive(&kept, VERIFICATION)? })
}

fn control(process: &Process, order: &str) -> Result<()> {
    let process = process.0.id().to_string();
    let status = Command::new("callgrind_control").args([order, &process]).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("callgrind_control {order} failed").into()) }
}

/// The files of one dump, a thread each.
fn dumped(files: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let folder = files.parent().ok_or("no folder")?;
    let (begin, trigger) =
        (files.file_name().ok_or("no name")?.to_string_lossy(), format!("desc: Trigger: dump {name}"));
    let mut found = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let is_one = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&*begin));
        if is_one && fs::read_to_string(&path)?.lines().take(20).any(|line| line.starts_with(&trigger)) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The total of a file.
fn total(counts: &str) -> Result<u64> {
    let line = counts.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    Ok(line.ok_or("a file without a total")?.trim().parse()?)
}

/// What a function takes with all that it calls; nothing if it is not there.
fn inclusive(file: &Path, function: &str) -> Result<u64> {
    let annotated = Command::new("callgrind_annotate")
        .args(["--inclusive=yes", "--show-percs=no", "--threshold=100"])
        .arg(file)
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&annotated.stdout);
    let line = text.lines().find(|line| line.split([' ', '[']).any(|word| word.ends_with(function)));
    let count = line.and_then(|line| line.split_whitespace().next()).map(|count| count.replace(',', ""));
    Ok(count.map_or(Ok(0), |count| count.parse())?)
}
