//! One core for the server that is measured, another for the load.

use std::fs;
use std::process::{Command, Stdio};

use crate::Result;

/// The numbers of two cores that this process may use.
#[derive(Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Cores {
    pub(crate) fn find() -> Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
        let mut cores = list.trim().split(',').flat_map(listed);
        match (cores.next(), cores.next()) {
            (Some(server), Some(load)) => Ok(Self { server, load }),
            _ => Err("the benchmark needs two cores: one for the server, one for the load".into()),
        }
    }
}

/// The cores of one part of a list such as `0-3,8`.
fn listed(part: &str) -> impl Iterator<Item = usize> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => first..last + 1,
        _ => 0..0,
    }
}

/// A program that stays on one core from its start. The service then has one worker: it starts as many as it has cores.
pub(crate) fn pinned(core: usize, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string(), program]);
    command
}

/// Keeps this thread on one core from now on.
pub(crate) fn stay_on(core: usize) -> Result<()> {
    let thread = fs::read_link("/proc/thread-self")?;
    let thread = thread.file_name().ok_or("a thread without a number")?;
    let status = Command::new("taskset").args(["-cp", &core.to_string()]).arg(thread).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err("taskset could not pin the load".into()) }
}
