//! A server in a process of its own: what it uses of the machine, and its end with the value.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use crate::Result;

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

    /// The processor time of each of its threads so far.
    pub(crate) fn threads(&self) -> Result<Threads> {
        let mut threads = HashMap::new();
        for thread in fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let thread = thread?;
            // One that has just ended can't be read, and has used next to nothing since.
            if let Ok(time) = processor_time(&thread.path()) {
                threads.insert(thread.file_name(), time);
            }
        }
        Ok(Threads(threads))
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }
}

/// The processor time of threads, by their numbers. The kernel keeps a sum for the process as well, but in hundredths of a
/// second, which is too coarse for a short round.
pub(crate) struct Threads(HashMap<OsString, Duration>);

impl Threads {
    /// What those that are still there have used since `before`.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let used = |(thread, time): (&OsString, &Duration)| {
            time.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        self.0.iter().map(used).sum()
    }
}

/// The processor time of this thread.
pub(crate) fn own_processor_time() -> Result<Duration> {
    processor_time(Path::new("/proc/thread-self"))
}

/// The first figure of `schedstat`: nanoseconds on a processor.
fn processor_time(thread: &Path) -> Result<Duration> {
    let text = fs::read_to_string(thread.join("schedstat"))?;
    Ok(Duration::from_nanos(text.split_whitespace().next().ok_or("an empty figure")?.parse()?))
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
