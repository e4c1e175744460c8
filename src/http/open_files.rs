//! How many files the process may have open, each connection being one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Files that are not connections of callers: the database's, temporary ones, the log.
const OTHERS: u64 = 256;

/// Raises the limit as far as the process may, and tells how many of the wanted connections it leaves room for.
#[must_use]
pub fn room_for_connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            warn!(%error, "the limit of open files could not be raised");
        }
    }
    let room = room(getrlimit(Resource::Nofile).current);
    if room < wanted {
        warn!(wanted, room, "the limit of open files leaves room for fewer connections than SIGNLINE_MAX_CONNECTIONS");
    }
    room.min(wanted)
}

/// The connections that a limit leaves room for; `None`: there is no limit.
fn room(files: Option<u64>) -> usize {
    let room = files.map_or(u64::MAX, |files| files.saturating_sub(OTHERS).max(files / 2));
    usize::try_from(room).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves T-70
    #[test]
    fn some_files_are_left_for_others() {
        assert_eq!(room(Some(1024)), 768);
        assert_eq!(room(Some(64)), 32);
        assert_eq!(room(None), usize::MAX);
    }

    // proves T-70
    #[test]
    fn the_limit_is_raised_as_far_as_it_goes() {
        let given = room_for_connections(16);
        assert_eq!(given, 16);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
