//! A server in a process of its own: what it uses of the machine, and its end with the value.

use std::fs;
use std::process::Child;
use std::time::Duration;

use crate::Result;

/// The unit of `/proc/PID/stat`, on every Linux that Rust runs on.
const TICKS_A_SECOND: u64 = 100;

pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// The memory it has now, in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.mebibytes("VmRSS:")
    }

    /// The most memory that it had since [`Self::forget_peak`], in MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        self.mebibytes("VmHWM:")
    }

    pub(crate) fn forget_peak(&self) -> Result<()> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.0.id()), "5")?)
    }

    fn mebibytes(&self, figure: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).ok_or("no such figure")?;
        let kibibytes: u32 = line.split_whitespace().next().ok_or("an empty figure")?.parse()?;
        Ok(f64::from(kibibytes) / 1024.0)
    }

    /// The processor time of all its threads, also of those that have ended.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processor_time(&self.0.id().to_string())
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }
}

/// The processor time of this thread.
pub(crate) fn own_processor_time() -> Result<Duration> {
    processor_time("thread-self")
}

fn processor_time(of: &str) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{of}/stat"))?;
    // The name of the program comes second, in parentheses, and may hold anything.
    let (_, after_name) = stat.rsplit_once(')').ok_or("a process without a name")?;
    let mut times = after_name.split_whitespace().skip(11);
    let mut next = || times.next().unwrap_or_default().parse::<u64>();
    let ticks = next()? + next()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
