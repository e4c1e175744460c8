//! Clients that stand still, at each place where they can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{advance, timeout};

use super::*;

const TIMEOUTS: Timeouts = Timeouts {
    head: Duration::from_millis(200),
    answer: Duration::from_millis(200),
    answer_pace: 200,
    call: Duration::from_millis(600),
    end: Duration::from_millis(200),
};
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

fn connection() -> (DuplexStream, TimedIo<DuplexStream>) {
    let (client, server) = duplex(64);
    (client, TimedIo::new(server, TIMEOUTS))
}

async fn read(server: &mut TimedIo<DuplexStream>) -> io::Result<usize> {
    server.read(&mut [0; 64]).await
}

#[tokio::test(start_paused = true)]
async fn a_later_head_that_comes_in_drops_is_given_up() {
    let (mut client, mut server) = connection();
    client.write_all(REQUEST).await.unwrap();
    assert_eq!(read(&mut server).await.unwrap(), REQUEST.len());
    server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    let drip = tokio::spawn(async move {
        for byte in REQUEST {
            if client.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(TIMEOUTS.head / 5).await;
        }
    });
    let error = loop {
        if let Err(error) = read(&mut server).await {
            break error;
        }
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= TIMEOUTS.head);
    drip.abort();
}

#[tokio::test]
async fn a_head_in_pieces_is_known_to_be_complete_wherever_it_is_cut() {
    for cut in 1..REQUEST.len() {
        let (mut client, mut server) = connection();
        for part in [&REQUEST[..cut], &REQUEST[cut..]] {
            client.write_all(part).await.unwrap();
            read(&mut server).await.unwrap();
        }
        assert!(server.reading == Reading::Rest, "{cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_or_handler_has_limits_of_its_own_and_a_dead_one_ends() {
    let (mut client, mut server) = connection();
    for part in [&REQUEST[..7], &REQUEST[7..]] {
        client.write_all(part).await.unwrap();
        read(&mut server).await.unwrap();
    }
    assert!(timeout(TIMEOUTS.head * 2, read(&mut server)).await.is_err());
    assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_body_after_100_continue_is_no_head() {
    let (mut client, mut server) = connection();
    client.write_all(REQUEST).await.unwrap();
    read(&mut server).await.unwrap();
    server.write_all(CONTINUE).await.unwrap();
    client.write_all(b"half of a body").await.unwrap();
    read(&mut server).await.unwrap();
    assert!(timeout(TIMEOUTS.head * 2, read(&mut server)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_no_matter_of_this_one() {
    let (_client, mut server) = connection();
    assert!(timeout(TIMEOUTS.call * 2, read(&mut server)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_is_given_up() {
    let (_client, mut server) = connection();
    let begun = Instant::now();
    assert_eq!(server.write_all(&[b'x'; 100]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= TIMEOUTS.answer);
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_answer_to_the_last_call_is_not_read_for_long() {
    let (mut client, mut server) = connection();
    client.write_all(REQUEST).await.unwrap();
    read(&mut server).await.unwrap();
    server.last_call().announce();
    client.write_all(b"5\r\nchunk\r\n").await.unwrap();
    assert!(read(&mut server).await.is_ok(), "before its answer it is read");
    let begun = Instant::now();
    server.write_all(b"HTTP/1.1 413 Payload Too Large\r\n\r\n").await.unwrap();
    let endless = tokio::spawn(async move { while client.write_all(REQUEST).await.is_ok() {} });
    // There is always more to read, so nothing waits, and the paused clock does not go on by itself.
    while read(&mut server).await.unwrap() > 0 {
        advance(Duration::from_millis(1)).await;
    }
    assert!(begun.elapsed() >= TIMEOUTS.end);
    drop(server);
    endless.await.unwrap();
}

/// Knows whether the connection's task was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The framework reads until there is nothing more, writes the answer, and reads again only when it is woken.
#[tokio::test(start_paused = true)]
async fn after_the_answer_to_the_last_call_a_client_that_says_nothing_more_is_not_waited_for() {
    for body in [&b""[..], b"5\r\nchu", b"5\r\nchunk\r\n"] {
        let (mut client, mut server) = connection();
        client.write_all(&[REQUEST, body].concat()).await.unwrap();
        read(&mut server).await.unwrap();
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let (mut context, mut bytes) = (Context::from_waker(&waker), [0; 64]);
        assert!(Pin::new(&mut server).poll_read(&mut context, &mut ReadBuf::new(&mut bytes)).is_pending());
        server.last_call().announce();
        assert!(Pin::new(&mut server).poll_write(&mut context, b"HTTP/1.1 401 x\r\n\r\n").is_ready());
        assert!(!woken.0.load(Ordering::SeqCst));
        sleep(TIMEOUTS.end * 2).await;
        assert!(woken.0.load(Ordering::SeqCst), "the clock wakes the connection");
        let mut rest = ReadBuf::new(&mut bytes);
        assert!(Pin::new(&mut server).poll_read(&mut context, &mut rest).is_ready());
        assert!(rest.filled().is_empty(), "as if the client had ended it");
    }
}

#[tokio::test]
async fn the_rest_of_100_continue_is_no_answer_either() {
    let (mut client, server) = duplex(7);
    let mut server = TimedIo::new(server, TIMEOUTS);
    server.reading = Reading::Rest;
    let taken = async {
        let mut bytes = [0; CONTINUE.len()];
        client.read_exact(&mut bytes).await.map(|_| bytes)
    };
    let (written, taken) = tokio::join!(server.write_all(CONTINUE), taken);
    written.unwrap();
    assert_eq!(taken.unwrap(), CONTINUE);
    assert!(server.reading == Reading::Rest);
}

#[tokio::test(start_paused = true)]
async fn empty_lines_are_no_head_and_bring_no_time() {
    for lines in [&[&b"\r\n\r\n"[..]][..], &[b"\r\n"], &[b"\r\n", b"\r\n"], &[b"\n", b"\r\n\r\n\r\n"]] {
        let (mut client, mut server) = connection();
        for line in lines {
            client.write_all(line).await.unwrap();
            read(&mut server).await.unwrap();
        }
        let given_up = timeout(TIMEOUTS.head * 2, read(&mut server)).await.expect("it is given up");
        assert_eq!(given_up.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
    let (mut client, mut server) = connection();
    for part in [b"\r\n", REQUEST] {
        client.write_all(part).await.unwrap();
        read(&mut server).await.unwrap();
    }
    assert!(server.reading == Reading::Rest);
}

// proves T-69
#[tokio::test(start_paused = true)]
async fn a_client_that_takes_a_byte_now_and_then_is_given_up() {
    let (mut client, mut server) = connection();
    let drops = tokio::spawn(async move {
        while client.read_exact(&mut [0; 2]).await.is_ok() {
            sleep(TIMEOUTS.answer / 4).await;
        }
    });
    let error = timeout(TIMEOUTS.answer * 20, server.write_all(&[b'x'; 10_000])).await.expect("it is given up");
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
    drop(server);
    drops.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn bytes_that_come_while_an_answer_waits_bring_no_time_for_it() {
    let (mut client, mut server) = connection();
    let waits = timeout(Duration::from_millis(1), server.write_all(&[b'x'; 65])).await;
    assert!(waits.is_err() && server.blocked.is_some());
    server.slack = TIMEOUTS.answer / 2;
    client.write_all(b"x\r\n\r\n").await.unwrap();
    assert_eq!(read(&mut server).await.unwrap(), 5);
    assert_eq!(server.slack, TIMEOUTS.answer / 2);
}

#[tokio::test(start_paused = true)]
async fn how_slowly_one_answer_was_taken_does_not_count_for_the_next() {
    let (mut client, mut server) = connection();
    let slow = async {
        sleep(TIMEOUTS.answer * 3 / 4).await;
        client.read_exact(&mut [0; 65]).await.unwrap();
    };
    let (written, ()) = tokio::join!(server.write_all(&[b'x'; 65]), slow);
    written.unwrap();
    assert!(server.slack < TIMEOUTS.answer);
    client.write_all(REQUEST).await.unwrap();
    read(&mut server).await.unwrap();
    assert_eq!(server.slack, TIMEOUTS.answer);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_is_not_given_up() {
    let (mut client, mut server) = connection();
    let slowly = async {
        for _ in 0..20 {
            sleep(TIMEOUTS.answer / 5).await;
            client.read_exact(&mut [0; 10]).await.unwrap();
        }
    };
    let (written, ()) = tokio::join!(server.write_all(&[b'x'; 200]), slowly);
    written.unwrap();
}
