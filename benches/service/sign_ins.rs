//! A few people who sign in, with pauses, while something else goes on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::answer::Caller;
use crate::figures::Times;

/// Connections that they come over.
const CONNECTIONS: usize = 4;

/// The pause between two calls of one connection.
const PAUSE: Duration = Duration::from_millis(5);

/// Sends these requests round and round until the work is done.
pub(crate) async fn beside<T>(
    address: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    work: impl Future<Output = Result<T>>,
) -> Result<(T, Times)> {
    let done = Arc::new(AtomicBool::new(false));
    let signing_in = (0..CONNECTIONS).map(|first| {
        let (requests, done) = (Arc::clone(requests), Arc::clone(&done));
        thread::spawn(move || {
            let mut caller = Caller::connect(address)?;
            let mut times = Vec::new();
            for request in requests.iter().cycle().skip(first).step_by(CONNECTIONS) {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                let sent = Instant::now();
                caller.call(request, 200)?;
                times.push(sent.elapsed());
                thread::sleep(PAUSE);
            }
            Ok::<_, std::io::Error>(times)
        })
    });
    let signing_in: Vec<_> = signing_in.collect();
    let outcome = work.await;
    done.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for thread in signing_in {
        times.extend(thread.join().map_err(|_| "the sign-ins broke off")??);
    }
    Ok((outcome?, Times::of(times)))
}
